//! One machine's life as a service: started, asked, killed, restarted, stopped.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::machine::{self, Machine};
use super::system::{self, System};
use crate::real::run::password_hash;
use crate::real::search::{Search, Secret};
use crate::test::{Context, Outcome};

/// Nothing of it may be said by anybody.
const PASSWORD: &str = "correct-horse-of-this-check";
const NOTE: &str = r"D:\Files\note.txt";
const SECRETS: &str = "/etc/secrets";

pub(super) fn life(context: &Context) -> Result<Outcome> {
    let mut system = machine::host(context)?;
    let mut office = Machine::new("office");
    office.spec["dataDisk"] = json!({ "sizeGib": 1 });
    office.spec["guest"] = json!({
        "accounts": [{ "name": "ada", "passwordCredential": "ada" }],
    });
    let secret = format!("{SECRETS}/ada");
    system::private(&system.place(SECRETS))?;
    system.write(&secret, PASSWORD)?;
    office
        .given
        .insert("credentials".into(), json!({ "ada": secret }));
    // The default is 10 s, for machines that take longer than this to start.
    office.settings.insert("RestartSec".into(), json!("100ms"));
    office.install(context, &system)?;

    let before = system.inventory()?;
    system.systemctl(&["start", &office.unit()])?;
    system.until(&office.unit(), "Started ")?;
    runs(&system, &office)?;
    told(&system, &office)?;
    office.console(&system)?.write(NOTE, "kept")?;

    for victim in ["lucarne", "qemu-system"] {
        system.kill(victim)?;
        // What is left of it is gone before the next one starts.
        system.until(&office.unit(), "Started ")?;
        runs(&system, &office)?;
        let kept = office.console(&system)?.read(NOTE)?;
        ensure!(
            kept == "kept",
            "after `{victim}` was killed D: holds {kept}"
        );
    }
    office.is(&system, &[("NRestarts", "2")])?;

    system.systemctl(&["restart", &office.unit()])?;
    runs(&system, &office)?;
    system.systemctl(&["stop", &office.unit()])?;
    gone(&system, &office, &before)?;
    silent(context, &system, &office)?;
    Ok(Outcome::Passed)
}

/// Ready, and said so, as a user without rights.
fn runs(system: &System<'_>, office: &Machine) -> Result<()> {
    office.is(
        system,
        &[
            ("ActiveState", "active"),
            ("SubState", "running"),
            ("StatusText", "ready"),
            ("WatchdogUSec", "5min"),
        ],
    )?;
    let state = office.folder(system, "/run").join("state.json");
    let state = fs::read_to_string(&state).with_context(|| format!("no `{state}`"))?;
    ensure!(state.contains("\"ready\""), "its state is {state}");
    for name in ["lucarne", "qemu-system"] {
        unprivileged(system, name)?;
    }
    Ok(())
}

/// No root, no capabilities, no way to them.
pub(super) fn unprivileged(system: &System<'_>, name: &str) -> Result<()> {
    let pid = rustix::process::Pid::as_raw(Some(system.process(name)?));
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = |key: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(key));
        found
            .map(str::trim)
            .with_context(|| format!("no {key} in {status}"))
    };
    let users: Vec<_> = line("Uid:")?.split_whitespace().collect();
    ensure!(!users.contains(&"0"), "`{name}` runs as root: {users:?}");
    for key in ["CapEff:", "CapPrm:", "CapBnd:", "CapAmb:"] {
        let set = line(key)?;
        ensure!(set.chars().all(|c| c == '0'), "`{name}` has {key} {set}");
    }
    ensure!(line("NoNewPrivs:")? == "1", "`{name}` may get new ones");
    ensure!(line("Seccomp:")? == "2", "`{name}` may call anything");
    Ok(())
}

/// The guest has its password, from where nobody else reads it.
fn told(system: &System<'_>, office: &Machine) -> Result<()> {
    let found = office.console(system)?.show()?;
    ensure!(found["failures"] == json!([]), "{}", found["failures"]);
    let is_same = found["passwords"]["ada"] == password_hash(PASSWORD);
    ensure!(is_same, "it has another password");
    let credentials = system.place(&format!("/run/credentials/{}", office.unit()));
    ensure!(
        credentials.join("ada").exists(),
        "systemd gave no credential"
    );
    Ok(())
}

/// Ended as asked, and nothing is left but the folders that stay.
fn gone(system: &System<'_>, office: &Machine, before: &[String]) -> Result<()> {
    office.is(
        system,
        &[
            ("ActiveState", "inactive"),
            ("Result", "success"),
            ("ExecMainStatus", "0"),
        ],
    )?;
    let after = system.inventory_like(before)?;
    ensure!(after == before, "left: {}", difference(before, &after));
    let state = office.folder(system, "/var/lib");
    ensure!(state.join("data.qcow2").exists(), "the data disk is gone");
    let cuts = state.join("power-cuts.jsonl");
    ensure!(
        !cuts.exists(),
        "power was cut: {:?}",
        fs::read_to_string(&cuts)
    );
    Ok(())
}

/// What is in one list and not in the other.
pub(super) fn difference(before: &[String], after: &[String]) -> String {
    let more = after.iter().filter(|line| !before.contains(line));
    let less = before.iter().filter(|line| !after.contains(line));
    let more = more.map(|line| format!("+ {line}"));
    let all: Vec<_> = more.chain(less.map(|line| format!("- {line}"))).collect();
    if all.is_empty() {
        format!("other numbers of {before:?} and {after:?}")
    } else {
        all.join("\n")
    }
}

/// Neither the journal nor a file of the machine's has the password.
fn silent(context: &Context, system: &System<'_>, office: &Machine) -> Result<()> {
    let search = Search::new(&[Secret::new("the password", PASSWORD)])?;
    let journal = system.journal()?;
    ensure!(
        journal.contains("the guest is ready"),
        "the journal is empty"
    );
    search.none_in("the journal", journal.as_bytes())?;
    let mut seen = 0;
    for kind in ["/var/lib", "/var/cache"] {
        seen += search.none_below(&office.folder(system, kind))?;
    }
    ensure!(seen > 3, "only {seen} files were looked at");
    context.log(&format!("{seen} files have no password"))
}
