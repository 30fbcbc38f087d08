//! `ctl list` and `ctl NAME status`.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::variable;
use crate::cli::print;
use crate::failure::Failure;
use crate::guest::escape;
use crate::instance::control::{Request, Unreachable};
use crate::instance::found::Found;

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// For programs: an array of what `status --json` tells
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let all = Found::all(&variable);
        // One that does not answer is shown all the same.
        let all = all.iter().map(|found| {
            status(found).unwrap_or_else(|error| {
                json!({ "name": found.name, "running": true, "trouble": format!("{error:#}") })
            })
        });
        let all: Vec<_> = all.collect();
        if self.json {
            return print(&format!("{:#}\n", Value::from(all)));
        }
        let mut text = String::new();
        let width = all.iter().map(|one| word(one, "name").len()).max();
        for one in &all {
            let width = width.unwrap_or_default();
            let line = format!("{:width$}  {}", word(one, "name"), summary(one));
            _ = writeln!(text, "{}", line.trim_end());
        }
        print(&text)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// For programs: a JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let status = status(found)?;
        if self.json {
            return print(&format!("{status:#}\n"));
        }
        let mut text = format!("{} {}\n", found.name, summary(&status));
        for (key, label) in [
            ("image", "image"),
            ("startedAt", "started"),
            ("readySince", "ready since"),
            ("qemu", "QEMU"),
            ("sshPort", "SSH port"),
            ("vnc", "VNC"),
            ("dataDisk", "data disk"),
            ("restarts", "restarts"),
            ("pid", "process"),
            ("state", "state folder"),
        ] {
            let value = word(&status, key);
            if !value.is_empty() {
                _ = writeln!(text, "  {label:12} {value}");
            }
        }
        print(&text)
    }
}

/// What a machine tells of itself, and whether it runs.
fn status(found: &Found) -> anyhow::Result<Value> {
    let told = match found.client() {
        Ok(mut client) => Some(client.ask(&Request::Status {}, |_| ())?),
        Err(Unreachable::Stopped) => None,
        Err(Unreachable::NotAllowed) => {
            return Ok(json!({
                "name": found.name, "running": true, "trouble": "it is not yours to control",
            }));
        }
        Err(error) => return Err(error.tell(&found.name)),
    };
    let mut status = Map::new();
    status.insert("name".into(), json!(found.name));
    status.insert("running".into(), json!(told.is_some()));
    status.insert("state".into(), json!(found.folders.state));
    if let Some(mut told) = told {
        let told = told.as_object_mut().context("the machine tells nothing")?;
        status.append(told);
    } else {
        let disk = found.data_disk();
        if disk.exists() {
            status.insert("dataDisk".into(), json!(disk));
        }
    }
    Ok(Value::Object(status))
}

/// One word of it, as a person may see it. The guest has had its say in some of them.
fn word(status: &Value, key: &str) -> String {
    match &status[key] {
        Value::Null => String::new(),
        Value::String(text) => escape(text),
        other => other.to_string(),
    }
}

/// How it is, in a line.
fn summary(status: &Value) -> String {
    let phase = match (&status["running"], word(status, "phase")) {
        (Value::Bool(false), _) => return "stopped".to_owned(),
        (_, phase) if phase.is_empty() => "running".to_owned(),
        (_, phase) => phase,
    };
    match word(status, "trouble") {
        trouble if trouble.is_empty() => phase,
        trouble => format!("{phase}, {trouble}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_summed_up_in_a_line() {
        let check = |status: Value, expected: &str| assert_eq!(summary(&status), expected);
        check(json!({ "running": false }), "stopped");
        check(json!({ "running": true }), "running");
        check(json!({ "running": true, "phase": "ready" }), "ready");
        check(
            json!({ "running": true, "phase": "booting", "trouble": "no\u{1b}[2J room\n" }),
            "booting, no room\\u{a}",
        );
    }
}
