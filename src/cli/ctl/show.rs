//! `ctl list` and `ctl NAME status`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;
use clap::builder::styling::Style;

use super::{print_json, variable};
use crate::cli::{paint, print};
use crate::failure::{Failure, in_words};
use crate::guest::escape;
use crate::instance::control::{Request, Unreachable};
use crate::instance::found::Found;
use crate::instance::network::{self, Kind, Member};
use crate::instance::state::Phase;
use crate::instance::status::{SCHEMA, Status};
use crate::nix_log::say;

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// For programs: an array of what `status --json` tells
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let all = all();
        if self.json {
            return print_json(&all);
        }
        print(&table(&all, paint::stdout_has_colours()))
    }
}

/// This user's machines, the system's, and those that the host's network knows of, by name.
fn all() -> Vec<Status> {
    let mut members = neighbours();
    let own = Found::all(&variable);
    // One that does not answer is shown all the same.
    let own = own.iter().map(|one| {
        let told = status(one).unwrap_or_else(|error| in_trouble(one, &in_words(&error).0));
        match members.remove(&one.name) {
            Some(member) => told.with(&member),
            None => told,
        }
    });
    let mut all: Vec<_> = own.collect();
    let others = members.iter();
    all.extend(others.map(|(name, member)| Status::of_member(name, member)));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// A network that cannot be read is no reason to show nothing.
fn neighbours() -> BTreeMap<String, Member> {
    network::members(&variable).unwrap_or_else(|error| {
        say(&format!("warning: {error:#}"));
        BTreeMap::new()
    })
}

fn table(all: &[Status], coloured: bool) -> String {
    let address = |one: &Status| match (one.address, one.address6) {
        (Some(address), _) => address.to_string(),
        (None, Some(address)) => address.to_string(),
        (None, None) => String::new(),
    };
    let widest = |of: &dyn Fn(&Status) -> usize| all.iter().map(of).max().unwrap_or_default();
    let names = widest(&|one| one.name.len());
    let addresses = widest(&|one| address(one).len());
    let mut text = String::new();
    for one in all {
        _ = write!(text, "{:names$}  ", escape(&one.name));
        if addresses > 0 {
            _ = write!(text, "{:addresses$}  ", address(one));
        }
        let summary = paint::painted(&summary(one), coloured.then(|| style(one)));
        _ = writeln!(text, "{summary}");
    }
    text
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
        self.print(match neighbours().get(&found.name) {
            Some(member) => status.with(member),
            None => status,
        })
    }

    /// A machine that is not Lucarne's to run, where the host's network knows of it.
    pub(super) fn member(&self, name: &str) -> Option<Result<(), Failure>> {
        let member = neighbours().remove(name)?;
        Some(self.print(Status::of_member(name, &member)))
    }

    fn print(&self, status: Status) -> Result<(), Failure> {
        if self.json {
            return print_json(&status);
        }
        let styled = paint::stdout_has_colours().then(|| style(&status));
        let summary = paint::painted(&summary(&status), styled);
        let mut text = format!("{} {summary}\n", escape(&status.name));
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        for (label, value) in [
            ("address", status.address.map(|address| address.to_string())),
            (
                "address",
                status.address6.map(|address| address.to_string()),
            ),
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
pub(super) fn status(found: &Found) -> anyhow::Result<Status> {
    let state = Some(found.folders.state.to_string());
    match found.client() {
        Ok(mut client) => {
            let told = client.ask(&Request::Status {}, |_| ())?;
            let told: Status =
                serde_json::from_value(told).context("the machine tells nothing of itself")?;
            Ok(Status {
                schema: SCHEMA.to_owned(),
                name: found.name.clone(),
                running: true,
                // It knows better: a service and the same machine by hand have one socket.
                state: told.state.clone().or(state),
                ..told
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

/// How it is, at a glance.
fn style(status: &Status) -> Style {
    match (status.running, &status.trouble, status.phase) {
        (_, Some(_), _) => paint::BAD,
        (false, ..) => paint::FAINT,
        (true, _, Some(Phase::Ready)) => paint::GOOD,
        (true, ..) => Style::new(),
    }
}

/// How it is, in a line. The guest has had its say in it.
fn summary(status: &Status) -> String {
    let kind = match status.kind {
        Kind::Windows => "",
        Kind::Microvm => " (Linux guest)",
        Kind::Other => " (not Lucarne's)",
    };
    if !status.running {
        return format!("stopped{kind}");
    }
    let phase = status.phase.map_or("running", Phase::as_str);
    match &status.trouble {
        Some(trouble) => format!("{phase}, {}", escape(trouble)),
        None => format!("{phase}{kind}"),
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

    #[test]
    fn a_table_is_the_same_with_colours_and_without() {
        let one = |name: &str, running, phase, trouble: Option<&str>| Status {
            name: name.to_owned(),
            running,
            phase,
            trouble: trouble.map(ToOwned::to_owned),
            ..Status::default()
        };
        let all = [
            one("office", true, Some(Phase::Ready), None),
            one("ci", false, None, None),
            one("lab", true, Some(Phase::Booting), Some("no room")),
        ];
        let plain = "office  ready\nci      stopped\nlab     booting, no room\n";
        assert_eq!(table(&all, false), plain);
        let coloured = table(&all, true);
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
        assert!(coloured.contains("office  \u{1b}[32mready\u{1b}[0m\n"));
    }
}
