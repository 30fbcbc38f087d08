//! Strings of chance on their way into scripts and programs.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::document::{document, step};
use super::machine::{Machine, PROBE};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "wine/quoting",
    shows: "10,000 random strings reach scripts of cmd and programs as they are",
    run,
}];

/// Every string goes both ways.
const STRINGS: usize = 10_000;
/// So many go into one run: cmd reads 8,191 characters of a line.
const EACH: usize = 80;

/// The same strings each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's constants; the upper half is random enough.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    fn string(&mut self) -> String {
        const HOSTILE: &[char] = &[
            '"', '%', '^', '&', '|', '<', '>', '!', '(', ')', '\'', '\\', ' ', '\t', ';', ',', '=',
            '`', '$', '@', '~', '*', '?', '/', '-', '+', '#', '{', '}', '[', ']', 'ä', '€', '🪟',
            'é',
        ];
        let length = self.below(24);
        let mut text = String::new();
        for _ in 0..length {
            match self.below(8) {
                0..=3 => text.push(HOSTILE[self.below(HOSTILE.len())]),
                4 => text
                    .push_str(["%PATH%", "%1", "%%", "^^", "\\\"", "&&", "%~dp0"][self.below(7)]),
                _ => text.push(char::from(b'a' + u8::try_from(self.below(26)).unwrap_or(0))),
            }
        }
        text
    }
}

fn run(context: &Context) -> Result<Outcome> {
    let mut chance = Chance(7);
    let strings: Vec<String> = (0..STRINGS).map(|_| chance.string()).collect();
    let mut steps = Vec::new();
    for (number, some) in strings.chunks(EACH).enumerate() {
        let cmd = json!({ "cmd": {
            "script": r"payload\script.cmd",
            "arguments": some,
            "exitCodes": { "success": [0], "reboot": [] },
        } });
        steps.push(step(&format!("cmd-{number}"), &cmd));
        let mut arguments = vec!["dump".to_owned(), r"C:\program".to_owned()];
        arguments.extend(some.iter().cloned());
        let program = json!({ "program": {
            "program": { "path": PROBE },
            "arguments": arguments,
            "environment": {},
            "exitCodes": { "success": [0], "reboot": [] },
        } });
        steps.push(step(&format!("program-{number}"), &program));
    }
    let machine = Machine::new(context, &document(&[]))?;
    // The variables reach the program as they are, and one of the parameters by its number.
    let script = "@echo off\r\nC:\\probe.exe dump C:\\script %*\r\n";
    machine.write("windows/Lucarne/payload/script.cmd", script)?;
    let went = machine.build(&steps, &[])?;
    went.all_done(&steps)?;
    let by_program = dumps(&machine, "program")?;
    let by_script = dumps(&machine, "script")?;
    let (mut whole, mut parameters) = (0, 0);
    for (number, some) in strings.chunks(EACH).enumerate() {
        let got = by_program[number]["arguments"]
            .as_array()
            .context("no arguments")?;
        ensure!(
            got.len() == some.len(),
            "run {number} got {} arguments",
            got.len()
        );
        let variables = &by_script[number]["variables"];
        for (place, text) in some.iter().enumerate() {
            ensure!(
                got[place] == text.as_str(),
                "a program got {} for {text:?}",
                got[place]
            );
            let told = &variables[format!("LUCARNE_ARG_{}", place + 1)];
            // Windows has no empty variables.
            let told = told.as_str().unwrap_or_default();
            ensure!(told == text, "a script got {told:?} for {text:?}");
            whole += 1;
        }
        let all = by_script[number]["arguments"]
            .as_array()
            .context("no arguments")?;
        // Programs read two quotation marks as one, so these are whole too.
        for (place, text) in some.iter().enumerate() {
            ensure!(
                all.get(place) == Some(&json!(text)),
                "a parameter is {:?} for {text:?}",
                all.get(place)
            );
            parameters += 1;
        }
    }
    context.log(&format!("{whole} strings, {parameters} parameters"))?;
    Ok(Outcome::Passed)
}

fn dumps(machine: &Machine, file: &str) -> Result<Vec<Value>> {
    let path = machine.file(file)?;
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    let dumps = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    Ok(dumps)
}
