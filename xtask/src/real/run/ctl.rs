//! `lucarne ctl` with a machine that runs, and with the same one when it does not.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::super::schema;
use super::instance::{Instance, LIMIT};
use crate::parts;
use crate::test::{Context, Outcome, Ran};

/// A person at a shell, beside the machine.
struct Person<'a> {
    context: &'a Context,
    machine: &'a Instance<'a>,
}

impl Person<'_> {
    /// The command line of `ctl`.
    fn words(&self, args: &[&str]) -> Result<Vec<String>> {
        let mut words = self.machine.environment();
        words.push(parts::lucarne()?.into_string());
        words.push("ctl".to_owned());
        words.extend(args.iter().map(|&word| word.to_owned()));
        Ok(words)
    }

    /// Runs it to its end, whatever that is.
    fn ends(&self, args: &[&str]) -> Result<Ran> {
        let words = self.words(args)?;
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        self.context.inside(LIMIT, &words)
    }

    /// Runs it, and wants success: what it wrote.
    fn does(&self, args: &[&str]) -> Result<String> {
        let ran = self.ends(args)?;
        ensure!(
            ran.code == 0,
            "{args:?} ended with {}: {}",
            ran.code,
            ran.stderr
        );
        Ok(ran.stdout)
    }

    /// Runs it, and wants a failure that says something.
    fn fails(&self, args: &[&str], code: u8, says: &str) -> Result<()> {
        let ran = self.ends(args)?;
        ensure!(ran.code == code, "{args:?} ended with {}", ran.code);
        ensure!(
            ran.stderr.contains(says),
            "{args:?} does not say `{says}`: {}",
            ran.stderr
        );
        Ok(())
    }

    fn status(&self) -> Result<Value> {
        let status = self.document("status", &["desk", "status", "--json"])?;
        let all = self.does(&["list", "--json"])?;
        let all: Vec<Value> = serde_json::from_str(&all).context("the list is no array")?;
        schema::check(&self.schema("status")?, &all)?;
        ensure!(all.len() == 1, "the list is {all:?}");
        Ok(status)
    }

    /// What is printed for programs, as the schema has it.
    fn document(&self, of: &str, args: &[&str]) -> Result<Value> {
        let told = self.does(args)?;
        let told = serde_json::from_str(&told).with_context(|| format!("{args:?}: no JSON"))?;
        schema::check(&self.schema(of)?, [&told])?;
        Ok(told)
    }

    fn schema(&self, of: &str) -> Result<String> {
        let lucarne = parts::lucarne()?;
        self.context.read(LIMIT, &[lucarne.as_str(), "schema", of])
    }

    /// Types a line at the console, waits for the answer, and leaves by the escape key.
    fn types(&self, line: &str, answer: &str) -> Result<()> {
        let words = self.words(&["desk", "console"])?;
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut outer = self.context.outer(LIMIT, &words)?;
        let mut child = outer
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut typed = child.stdin.take().context("a pipe")?;
        typed.write_all(line.as_bytes())?;
        let mut shown = BufReader::new(child.stdout.take().context("a pipe")?);
        let mut seen = String::new();
        while !seen.contains(answer) {
            let mut bytes = Vec::new();
            let count = shown.read_until(b'\n', &mut bytes)?;
            ensure!(count > 0, "no `{answer}` at the console: {seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        typed.write_all(b"\x1d")?;
        let status = child.wait()?;
        ensure!(status.success(), "the console ended with {status}");
        Ok(())
    }
}

pub(super) fn ctl(context: &Context) -> Result<Outcome> {
    let mut machine = Instance::new(context, "desk")?;
    machine.machine["dataDisk"] = json!({ "sizeGib": 1 });
    // Elsewhere, so that a machine that is off has to know where.
    let disk = machine.folder.join("elsewhere.qcow2");
    machine.machine["dataDisk"]["path"] = json!(disk.as_str());
    let tools = machine.folder.join("tools.json");
    let copy = context.folder.join("copy.qcow2");
    while_it_runs(context, &machine, copy.as_str())?;

    let person = Person {
        context,
        machine: &machine,
    };
    person.fails(&["desk", "reboot"], 2, "does not run")?;
    ensure!(
        person.does(&["list"])?.contains("desk  stopped"),
        "the list"
    );
    let does = |words: &[&str]| person.does(&[words, &["--tools", tools.as_str()]].concat());
    does(&["desk", "restore", "clean"])?;
    person.does(&["desk", "reset"])?;
    let overlay = machine.place("cache", "disk.qcow2");
    ensure!(!overlay.exists(), "`{overlay}` is there after a reset");
    let disk_words = ["desk", "disk", "--json", "--tools", tools.as_str()];
    let shown = person.document("disk", &disk_words)?;
    ensure!(shown["snapshots"][0]["name"] == "clean", "it shows {shown}");

    let mut running = machine.start()?;
    running.ready()?;
    let mut console = running.console()?;
    let (early, late) = (
        console.read(r"D:\early.txt")?,
        console.read(r"D:\late.txt")?,
    );
    ensure!(early == "1", "what the snapshot had is {early}");
    ensure!(late.is_null(), "what came after the snapshot is {late}");
    drop(console);
    running.stop()?;

    person.fails(&["desk", "import", copy.as_str()], 2, "--replace")?;
    does(&["desk", "import", copy.as_str(), "--replace"])?;
    context.read(
        LIMIT,
        &["qemu-img", "compare", copy.as_str(), disk.as_str()],
    )?;
    // One that never ran has a disk first, and a spec later.
    does(&["fresh", "import", copy.as_str()])?;
    let shown = does(&["fresh", "disk"])?;
    ensure!(
        shown.contains("lucarne/fresh/data.qcow2"),
        "it shows {shown}"
    );
    kill(&person)?;
    Ok(Outcome::Passed)
}

/// The power is cut at once, as it was asked for, and that is recorded.
fn kill(person: &Person<'_>) -> Result<()> {
    person.fails(&["desk", "kill"], 2, "does not run")?;
    let record = person.machine.place("state", "power-cuts.jsonl");
    ensure!(!record.exists(), "a power cut is recorded");
    let mut running = person.machine.start()?;
    running.ready()?;
    person.does(&["desk", "kill"])?;
    let end = running.wait()?;
    ensure!(end.code == 0, "a kill ended with {}", end.code);
    let cuts = fs::read_to_string(&record)?;
    let said = cuts.lines().map(serde_json::from_str);
    let said: Vec<Value> = said.collect::<Result<_, _>>()?;
    let why = said.first().map(|cut| &cut["why"]);
    ensure!(
        said.len() == 1 && why == Some(&json!("it was asked for")),
        "the record is {cuts}"
    );
    Ok(())
}

fn while_it_runs(context: &Context, desk: &Instance<'_>, copy: &str) -> Result<()> {
    let person = Person {
        context,
        machine: desk,
    };
    let mut running = desk.start()?;
    running.ready()?;
    let status = person.status()?;
    ensure!(status["phase"] == "ready", "{status}");
    ensure!(status["qemu"] == "running", "{status}");
    person.fails(&["desc", "status"], 2, "`desk` is one")?;

    let png = context.folder.join("screen.png");
    person.does(&["desk", "screenshot", png.as_str()])?;
    ensure!(fs::read(&png)?.starts_with(b"\x89PNG"), "it is no PNG");
    // Linux restarts by these.
    person.does(&["desk", "send-key", "ctrl+alt+delete"])?;
    running.until("STATUS=booting")?;
    running.until("STATUS=ready")?;

    let restarts = person.status()?["restarts"].clone();
    ensure!(restarts == 1, "{restarts} restarts are counted");

    let echo = ["desk", "exec", "--agent", "--", "cmd.exe", "/c", "echo hi"];
    let told = person.does(&echo)?;
    ensure!(told.trim() == "hi", "the command wrote {told:?}");
    let exit = ["desk", "exec", "--", "cmd.exe", "/c", "exit 7"];
    let ran = person.ends(&exit)?;
    ensure!(ran.code == 7, "the command ended with {}", ran.code);

    person.types(
        "{\"write\":{\"path\":\"D:\\\\early.txt\",\"text\":\"1\"}}\r\n",
        "done",
    )?;
    person.does(&["desk", "snapshot", "clean"])?;
    person.fails(&["desk", "snapshot", "clean"], 2, "there is a snapshot")?;
    person.types(
        "{\"write\":{\"path\":\"D:\\\\late.txt\",\"text\":\"2\"}}\r\n",
        "done",
    )?;
    person.does(&["desk", "backup", copy])?;
    person.fails(&["desk", "backup", copy], 2, "is there already")?;
    context.read(LIMIT, &["qemu-img", "check", copy])?;
    let shown = person.document("disk", &["desk", "disk", "--json"])?;
    ensure!(shown["snapshots"][0]["name"] == "clean", "it shows {shown}");
    person.fails(&["desk", "restore", "clean"], 2, "that it remembers")?;

    person.does(&["desk", "reboot"])?;
    running.until("STATUS=booting")?;
    running.until("STATUS=ready")?;
    let logs = person.does(&["desk", "logs", "events"])?;
    ensure!(logs.contains("ready"), "no `ready` among the events");
    person.does(&["desk", "stop"])?;
    let end = running.wait()?;
    ensure!(end.code == 0, "a stop ended with {}", end.code);
    Ok(())
}
