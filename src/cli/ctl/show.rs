//! `ctl list` and `ctl NAME status`.

use std::fmt::Write as _;

use anyhow::Context as _;

use super::{print_json, variable};
use crate::cli::print;
use crate::failure::Failure;
use crate::guest::escape;
use crate::instance::control::{Request, Unreachable};
use crate::instance::found::Found;
use crate::instance::state::Phase;
use crate::instance::status::{SCHEMA, Status};

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
        let all: Vec<_> = all
            .iter()
            .map(|one| status(one).unwrap_or_else(|error| in_trouble(one, &format!("{error:#}"))))
            .collect();
        if self.json {
            return print_json(&all);
        }
        let mut text = String::new();
        let width = all.iter().map(|one| one.name.len()).max();
        for one in &all {
            let width = width.unwrap_or_default();
            _ = writeln!(text, "{:width$}  {}", one.name, summary(one));
        }
        print(&text)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// For programs: a JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let status = status(found)?;
        if self.json {
            return print_json(&status);
        }
        let mut text = format!("{} {}\n", found.name, summary(&status));
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        for (label, value) in [
            ("image", status.image),
            ("started", status.started_at),
            ("ready since", status.ready_since),
            ("QEMU", status.qemu),
            ("SSH port", number(status.ssh_port.map(u32::from))),
            ("VNC", status.vnc),
            ("data disk", status.data_disk),
            ("restarts", number(status.restarts)),
            ("process", number(status.pid)),
            ("state folder", status.state),
        ] {
            if let Some(value) = value {
                _ = writeln!(text, "  {label:12} {}", escape(&value));
            }
        }
        print(&text)
    }
}

/// What a machine tells of itself, and whether it runs.
fn status(found: &Found) -> anyhow::Result<Status> {
    let state = Some(found.folders.state.to_string());
    match found.client() {
        Ok(mut client) => {
            let told = client.ask(&Request::Status {}, |_| ())?;
            let told = serde_json::from_value(told);
            Ok(Status {
                schema: SCHEMA.to_owned(),
                name: found.name.clone(),
                running: true,
                state,
                ..told.context("the machine tells nothing of itself")?
            })
        }
        Err(Unreachable::Stopped) => Ok(Status {
            name: found.name.clone(),
            state,
            data_disk: Some(found.data_disk())
                .filter(|disk| disk.exists())
                .map(Into::into),
            ..Status::default()
        }),
        Err(Unreachable::NotAllowed) => Ok(in_trouble(found, "it is not yours to control")),
        Err(error) => Err(error.tell(&found.name)),
    }
}

/// One of which nothing more is known.
fn in_trouble(found: &Found, trouble: &str) -> Status {
    Status {
        name: found.name.clone(),
        running: true,
        trouble: Some(trouble.to_owned()),
        ..Status::default()
    }
}

/// How it is, in a line. The guest has had its say in it.
fn summary(status: &Status) -> String {
    if !status.running {
        return "stopped".to_owned();
    }
    let phase = status.phase.map_or("running", Phase::as_str);
    match &status.trouble {
        Some(trouble) => format!("{phase}, {}", escape(trouble)),
        None => phase.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_summed_up_in_a_line() {
        let check = |running, phase, trouble: Option<&str>, expected: &str| {
            let trouble = trouble.map(ToOwned::to_owned);
            let status = Status {
                running,
                phase,
                trouble,
                ..Status::default()
            };
            assert_eq!(summary(&status), expected);
        };
        check(false, None, None, "stopped");
        check(true, None, None, "running");
        check(true, Some(Phase::Ready), None, "ready");
        let trouble = Some("no\u{1b}[2J room\n");
        check(
            true,
            Some(Phase::Booting),
            trouble,
            "booting, no room\\u{a}",
        );
    }
}
