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
/// So many go into one run of a program: a command line has 32,767 characters.
const EACH: usize = 500;
/// And of cmd, which reads 8,191.
const EACH_OF_CMD: usize = 100;
/// Scripts that read their parameters one by one are slow here: every so many runs there is one.
const RARE: usize = 10;

const VARIABLES: &str = "@C:\\probe.exe dump C:\\variables\n";

/// Reads its parameters one by one, as scripts do, and hands them on as variables.
const PARAMETERS: &str = r#"@echo off
set n=0
set all=%~1
:next
if %n%==%all% goto done
shift
set /a n+=1
set "LUCARNE_P%n%=%~1"
goto next
:done
C:\probe.exe dump C:\parameters
"#;

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

fn codes() -> Value {
    json!({ "success": [0], "reboot": [] })
}

fn cmd(script: &str, arguments: &[String]) -> Value {
    json!({ "cmd": { "script": script, "arguments": arguments, "exitCodes": codes() } })
}

fn to_file(file: &str, some: &[String]) -> Vec<String> {
    let head = ["dump", file].map(str::to_owned);
    head.into_iter().chain(some.iter().cloned()).collect()
}

/// What a script of cmd can be given as parameters here: a quotation mark comes as two, and what
/// stands behind it may come as another parameter; and cmd of Wine's expands what it has expanded,
/// once more.
fn as_parameters(some: &[String]) -> Vec<String> {
    let plain = some.iter().map(|text| text.replace(['"', '%'], "'"));
    plain.collect()
}

/// What a program gets through cmd as it is: but for those quotation marks, and a backslash before
/// the one that cmd needs at the end.
fn through_cmd(some: &[String]) -> Vec<String> {
    let plain = some.iter().map(|text| text.replace('"', "'"));
    plain
        .map(|text| text.trim_end_matches('\\').to_owned())
        .collect()
}

fn run(context: &Context) -> Result<Outcome> {
    let mut chance = Chance(7);
    let strings: Vec<String> = (0..STRINGS).map(|_| chance.string()).collect();
    let mut steps = Vec::new();
    for (number, some) in strings.chunks(EACH).enumerate() {
        let action = json!({ "program": {
            "program": { "path": PROBE },
            "arguments": to_file(r"C:\program", some),
            "environment": {},
            "exitCodes": codes(),
        } });
        steps.push(step(&format!("program-{number}"), &action));
    }
    for (number, some) in strings.chunks(EACH_OF_CMD).enumerate() {
        let variables = cmd(r"payload\variables.cmd", some);
        steps.push(step(&format!("variables-{number}"), &variables));
        let through = cmd(
            r"payload\probe.exe",
            &to_file(r"C:\through", &through_cmd(some)),
        );
        steps.push(step(&format!("through-{number}"), &through));
        if number % RARE == 0 {
            let all = [&[some.len().to_string()][..], &as_parameters(some)].concat();
            let parameters = cmd(r"payload\parameters.cmd", &all);
            steps.push(step(&format!("parameters-{number}"), &parameters));
        }
    }
    let machine = Machine::new(context, &document(&[]))?;
    machine.write(
        "windows/Lucarne/payload/probe.exe",
        machine.read("probe.exe")?,
    )?;
    for (name, text) in [("variables.cmd", VARIABLES), ("parameters.cmd", PARAMETERS)] {
        let path = format!("windows/Lucarne/payload/{name}");
        machine.write(&path, text.replace('\n', "\r\n"))?;
    }
    let went = machine.build(&steps, &[])?;
    went.all_done(&steps)?;
    judge(&machine, &strings)
}

fn judge(machine: &Machine, strings: &[String]) -> Result<Outcome> {
    for (dump, some) in dumps(machine, "program", STRINGS / EACH)?
        .iter()
        .zip(strings.chunks(EACH))
    {
        same("a program", some, &arguments(dump)?)?;
    }
    let of_cmd = || strings.chunks(EACH_OF_CMD);
    for (dump, some) in dumps(machine, "variables", STRINGS / EACH_OF_CMD)?
        .iter()
        .zip(of_cmd())
    {
        let got = numbered(dump, "LUCARNE_ARG_", some.len());
        same("a script's variables", some, &got)?;
    }
    for (dump, some) in dumps(machine, "through", STRINGS / EACH_OF_CMD)?
        .iter()
        .zip(of_cmd())
    {
        same("a program of cmd's", &through_cmd(some), &arguments(dump)?)?;
    }
    for (dump, some) in dumps(machine, "parameters", STRINGS / EACH_OF_CMD / RARE)?
        .iter()
        .zip(of_cmd().step_by(RARE))
    {
        let got = numbered(dump, "LUCARNE_P", some.len());
        same("a script", &as_parameters(some), &got)?;
    }
    Ok(Outcome::Passed)
}

fn arguments(dump: &Value) -> Result<Vec<String>> {
    Ok(serde_json::from_value(dump["arguments"].clone())?)
}

fn numbered(dump: &Value, name: &str, count: usize) -> Vec<String> {
    let variables = &dump["variables"];
    // Windows has no empty variables.
    let text = |n| {
        let value = &variables[format!("{name}{n}")];
        value.as_str().unwrap_or_default().to_owned()
    };
    (1..=count).map(text).collect()
}

fn same(who: &str, wanted: &[String], got: &[String]) -> Result<()> {
    for (wanted, got) in wanted.iter().zip(got) {
        ensure!(wanted == got, "{who} got {got:?} for {wanted:?}");
    }
    let (wanted, got) = (wanted.len(), got.len());
    ensure!(wanted == got, "{who} got {got} for {wanted}");
    Ok(())
}

/// What the runs of one kind wrote, one after the other.
fn dumps(machine: &Machine, file: &str, count: usize) -> Result<Vec<Value>> {
    let path = machine.file(file)?;
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    let dumps: Vec<Value> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    ensure!(dumps.len() == count, "`{file}` has {} lines", dumps.len());
    Ok(dumps)
}
