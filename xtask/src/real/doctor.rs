//! What `lucarne doctor` says of this machine, and what a shell completes.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::schema;
use crate::parts;
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "doctor/here",
        shows: "doctor names a KVM that does not work, and certificates that the firmware lacks",
        run: here,
    },
    Check {
        name: "doctor/completions",
        shows: "bash completes commands, options and the machines that there are",
        run: completions,
    },
];

const LIMIT: Duration = Duration::from_secs(60);

const KEYS: &str = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd";
/// Where `python3-virt-firmware` has Microsoft's certificates.
const CERTIFICATES: &str = "/usr/lib/python3/dist-packages/virt/firmware/certs";
const OWNER: &str = "77fa9abd-0359-4d32-bd60-28f4e78f784b";
const NEWER: [(&str, &str); 2] = [
    ("Windows UEFI CA 2023", "WindowsUEFICA2023.pem"),
    ("Microsoft UEFI CA 2023", "MicrosoftUEFICA2023.pem"),
];

fn here(context: &Context) -> Result<Outcome> {
    let lucarne = parts::lucarne()?;
    let ask = |more: &[&str]| -> Result<(u8, Value)> {
        let command = [lucarne.as_str(), "doctor", "--json"];
        let ran = context.inside(LIMIT, &[&command[..], more].concat())?;
        Ok((ran.code, serde_json::from_str(&ran.stdout)?))
    };
    let (code, told) = ask(&[])?;
    let document = context.read(LIMIT, &[lucarne.as_str(), "schema", "doctor"])?;
    schema::check(&document, [&told])?;
    let problems = told["problems"].as_u64().context("no number")?;
    ensure!(
        code == if problems == 0 { 0 } else { 2 },
        "it ended with {code} and has {problems} problems"
    );
    kvm(&told)?;
    let vars = context.folder.join("vars.fd");
    lacks(context, &told, KEYS)?;
    // With one of the newer certificates, and then with all: the way out that it names is one.
    for count in 1..=NEWER.len() {
        let mut enroll = vec!["virt-fw-vars", "--input", KEYS, "--output", vars.as_str()];
        let files = NEWER.map(|(_, file)| format!("{CERTIFICATES}/{file}"));
        for file in files.iter().take(count) {
            enroll.extend(["--add-db", OWNER, file]);
        }
        context.read(LIMIT, &enroll)?;
        let mut tools = table(&told)?;
        tools["varsMs"] = vars.as_str().into();
        fs::write(context.folder.join("tools.json"), tools.to_string())?;
        let (_, told) = ask(&["--tools", "tools.json"])?;
        lacks(context, &told, vars.as_str())?;
        let (level, what) = finding(&told, "firmware")?;
        ensure!(count < NEWER.len() || level == "ok", "{level}: {what}");
    }
    let left = context.read(LIMIT, &["sh", "-c", "ls -d /tmp/lucarne-doctor* || true"])?;
    ensure!(left.is_empty(), "it left {left}");
    Ok(Outcome::Passed)
}

/// The certificates that it says are lacking are those that a reader that is not ours misses.
fn lacks(context: &Context, told: &Value, vars: &str) -> Result<()> {
    let (level, what) = finding(told, "firmware")?;
    let all = context.read(LIMIT, &["virt-fw-vars", "--input", vars, "--print", "-v"])?;
    // Behind them stands what is there.
    let lacking = what.split_once(" lacks ").map_or("", |(_, behind)| behind);
    let (lacking, _) = lacking.split_once(", and has ").unwrap_or_default();
    for (name, _) in NEWER {
        let lacks = !all.contains(&format!("CN={name}"));
        ensure!(
            lacks == (["note", "warning"].contains(&level) && lacking.contains(name)),
            "{level}: {what}, and {name} is lacking: {lacks}"
        );
    }
    Ok(())
}

/// What it says of KVM is what a guest of its own found, and the guest is a good one: emulated it
/// ran to its end.
fn kvm(told: &Value) -> Result<()> {
    let (level, what) = finding(told, "kvm")?;
    let trials = told["seen"]["kvm"]["trials"].as_array();
    let trials = trials.context("no trials")?;
    let device = &told["seen"]["kvm"]["device"];
    if device.is_null() || !device["refused"].is_null() {
        ensure!(level == "problem" && trials.is_empty(), "{level}: {what}");
        return Ok(());
    }
    let last = trials.last().context("it tried nothing")?;
    ensure!(last["end"] == "done", "no guest ran to its end: {last}");
    let wanted = match (&last["kvm"], &last["smm"]) {
        (Value::Bool(true), Value::Bool(true)) => ("ok", "KVM works"),
        (Value::Bool(true), _) => ("problem", "KVM works without System Management Mode only"),
        _ => ("problem", "KVM is broken: `/dev/kvm` can be opened"),
    };
    ensure!(
        level == wanted.0 && what.starts_with(wanted.1),
        "{level}: {what}"
    );
    Ok(())
}

/// The one finding about something.
fn finding<'a>(told: &'a Value, about: &str) -> Result<(&'a str, &'a str)> {
    let all = told["findings"].as_array().context("no findings")?;
    let found = all.iter().find(|one| one["about"] == about);
    let found = found.with_context(|| format!("nothing about {about}"))?;
    let text = |name: &str| found[name].as_str().context("no text");
    Ok((text("level")?, text("what")?))
}

/// The tools that it found, as a table.
fn table(told: &Value) -> Result<Value> {
    let mut table = json!({});
    for tool in told["seen"]["tools"].as_array().context("no tools")? {
        let name = tool["name"].as_str().context("no name")?;
        if !tool["path"].is_null() {
            table[name] = tool["path"].clone();
        }
    }
    Ok(table)
}

/// Asks as bash does when somebody presses the tabulator.
const ASK: &str = r#"
lucarne=$1; shift
source <("$lucarne" completions bash)
COMP_WORDS=("$lucarne" "$@"); COMP_CWORD=$#
_lucarne_machines "$lucarne" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

fn completions(context: &Context) -> Result<Outcome> {
    let lucarne = parts::lucarne()?;
    for name in ["office", "lab"] {
        fs::create_dir_all(context.folder.join("state/lucarne").join(name))?;
    }
    let state = format!("XDG_STATE_HOME={}", context.folder.join("state"));
    let check = |words: &[&str], wanted: &[&str], others: &[&str]| -> Result<()> {
        let command = ["env", &state, "bash", "-c", ASK, "bash", lucarne.as_str()];
        let told = context.read(LIMIT, &[&command[..], words].concat())?;
        let told: Vec<_> = told.lines().collect();
        let all = wanted.iter().all(|word| told.contains(word));
        let none = others.iter().all(|word| !told.contains(word));
        ensure!(all && none, "{words:?} is completed with {told:?}");
        Ok(())
    };
    check(&["d"], &["doctor"], &["check"])?;
    check(&["check", "--"], &["--virtio-win", "--json"], &[])?;
    check(&["ctl", ""], &["office", "lab", "list"], &[])?;
    check(&["ctl", "of"], &["office"], &["lab", "list"])?;
    check(&["ctl", "office", "scr"], &["screenshot"], &["office"])?;
    check(&["schema", "man"], &["manifest"], &["spec"])?;
    Ok(Outcome::Passed)
}
