//! A machine as a guest of microvm.nix's host: that host's four commands, called by units that say
//! what its own say (its `nixos-modules/host/default.nix`, 2026-08), first alone, then with the
//! settings that our module adds to them.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::elsewhere::{GROUP, asked};
use super::life::{difference, unprivileged};
use super::machine::{self, Machine};
use super::system::{self, LIMIT, System};
use super::tap::{BRIDGE, TAP, bridge};
use crate::demo;
use crate::real::eval::evaluated;
use crate::real::run::password_hash;
use crate::real::search::{Search, Secret};
use crate::test::{Context, Outcome};

/// The host's user and its group, and where its guests live.
pub(super) const USER: &str = "microvm";
pub(super) const GUESTS: &str = "/var/lib/microvms";
/// A folder that Nix would have built.
const RUNNERS: &str = "/srv/runners";
/// Of no use to a machine whose image has its own.
const VARS: &str = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd";
const PASSWORD: &str = "microvm-horse-of-this-check";

/// The host's units, in the order in which they are started. No template names a machine.
pub(super) const UNITS: &[(&str, &str)] = &[
    (
        "microvm-set-booted@.service",
        "[Unit]
Before=microvm-tap-interfaces@%i.service microvm@%i.service
PartOf=microvm@%i.service
[Service]
Type=oneshot
RemainAfterExit=true
WorkingDirectory=/var/lib/microvms/%i
User=microvm
Group=kvm
ExecStart=/bin/sh -c 'rm -f booted; ln -s $(readlink current) booted'
ExecStop=/bin/rm booted
",
    ),
    (
        "microvm-tap-interfaces@.service",
        "[Unit]
Before=microvm@%i.service
PartOf=microvm@%i.service
After=network.target
ConditionPathExists=/var/lib/microvms/%i/current/bin/tap-up
[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=/var/lib/microvms/%i/current/bin/tap-up
ExecStop=/var/lib/microvms/%i/booted/bin/tap-down
",
    ),
    (
        "microvm@.service",
        "[Unit]
Requires=microvm-set-booted@%i.service microvm-tap-interfaces@%i.service
After=network.target microvm-set-booted@%i.service microvm-tap-interfaces@%i.service
ConditionPathExists=/var/lib/microvms/%i/current/bin/microvm-run
[Service]
Type=notify
WorkingDirectory=/var/lib/microvms/%i
ExecStart=/var/lib/microvms/%i/current/bin/microvm-run
ExecStop=/var/lib/microvms/%i/booted/bin/microvm-shutdown
TimeoutSec=150
Restart=always
RestartSec=5s
User=microvm
Group=kvm
LimitNOFILE=1048576
NotifyAccess=all
LimitMEMLOCK=infinity
",
    ),
];
/// What of a unit of ours stays that host's, where our module adds to its unit.
const THEIRS: &str = "nix/modules/microvm-own.nix";

pub(super) fn microvm(context: &Context) -> Result<Outcome> {
    let mut system = machine::host(context)?;
    bridge(&system)?;
    users(&system)?;
    system.read(&["groupadd", "--system", GROUP])?;
    for (name, text) in UNITS {
        system.write(&format!("/etc/systemd/system/{name}"), text)?;
    }

    // As somebody has it who imports nothing of ours: its folders are below that host's own.
    let mut plain = guest("plain");
    plain.spec["readiness"] = json!("start");
    plain.spec["shutdownTimeoutSec"] = json!(1);
    install(&system, &plain)?;
    system.systemctl(&["daemon-reload"])?;
    let before = system.inventory()?;
    course(&mut system, &plain)?;
    let below = system.place(&format!("{GUESTS}/plain"));
    for part in ["state/data.qcow2", "cache", "run"] {
        ensure!(below.join(part).exists(), "no `{part}` of a plain guest");
    }

    let mut dressed = guest("dressed");
    dressed.spec["guest"] = json!({
        "accounts": [{ "name": "ada", "passwordCredential": "ada" }],
    });
    system::private(&system.place("/etc/secrets"))?;
    system.write("/etc/secrets/ada", PASSWORD)?;
    let given = [
        ("credentials", json!({ "ada": "/etc/secrets/ada" })),
        ("group", json!(GROUP)),
        ("tapIsElsewhere", json!(true)),
    ];
    dressed
        .given
        .extend(given.map(|(name, value)| (name.to_owned(), value)));
    install(&system, &dressed)?;
    drop_in(context, &system, &dressed)?;
    course(&mut system, &dressed)?;
    let cuts = dressed.folder(&system, "/var/lib").join("power-cuts.jsonl");
    ensure!(
        !cuts.exists(),
        "power was cut: {:?}",
        fs::read_to_string(&cuts)
    );

    let after = system.inventory_like(&before)?;
    ensure!(after == before, "left: {}", difference(&before, &after));
    let search = Search::new(&[Secret::new("the password", PASSWORD)])?;
    search.none_in("the journal", system.journal()?.as_bytes())?;
    Ok(Outcome::Passed)
}

/// A machine on the bridge, with a data disk.
fn guest(name: &str) -> Machine {
    let mut guest = Machine::new(name);
    guest.spec["network"] = json!({ "mode": "bridge", "tap": TAP, "bridge": BRIDGE });
    guest.spec["dataDisk"] = json!({ "sizeGib": 1 });
    guest
}

pub(super) fn users(system: &System<'_>) -> Result<()> {
    let as_theirs = [
        "--system",
        "--uid=990",
        "--gid=kvm",
        "--no-create-home",
        USER,
    ];
    let words = [&["useradd"], &as_theirs[..]].concat();
    system.read(&words).map(drop)
}

/// Builds the runner as Nix does, and puts it where that host has it.
fn install(system: &System<'_>, guest: &Machine) -> Result<()> {
    let name = &guest.name;
    let attributes = json!({
        "outputs": { "out": format!("{RUNNERS}/{name}") },
        "machine": guest.spec,
        "tools": demo::tools(VARS),
        "lucarne": machine::LUCARNE,
        "imageIsHere": true,
    });
    let file = format!("{RUNNERS}/{name}.attributes.json");
    system.write(&file, &attributes.to_string())?;
    let variable = format!("NIX_ATTRS_JSON_FILE={file}");
    system.read(&["env", &variable, "lucarne", "build-machine"])?;
    let place = format!("{GUESTS}/{name}");
    let owner = format!("--owner={USER}");
    system.read(&["install", "--directory", &owner, "--group=kvm", &place])?;
    let (runner, link) = (format!("{RUNNERS}/{name}"), format!("{place}/current"));
    system.read(&["ln", "-sT", &runner, &link]).map(drop)
}

/// The lines of a unit that a drop-in may have.
pub(super) fn service(text: &str) -> Result<&str> {
    let (_, service) = text.split_once("[Service]\n").context("no service")?;
    let (service, _) = service.split_once("\n[Install]").context("no end of it")?;
    Ok(service)
}

/// What our module adds to that host's unit.
fn drop_in(context: &Context, system: &System<'_>, guest: &Machine) -> Result<()> {
    let text = guest.text(context)?;
    let theirs = context.repository.join(THEIRS);
    let theirs = evaluated(context, LIMIT, &[theirs.as_str()])?;
    let theirs: Vec<String> = serde_json::from_value(theirs).context("no list of settings")?;
    let is_ours = |line: &&str| {
        let name = line.split('=').next().unwrap_or_default();
        !theirs.iter().any(|theirs| theirs == name)
    };
    let lines: Vec<_> = service(&text)?.lines().filter(is_ours).collect();
    let place = format!(
        "/etc/systemd/system/microvm@{}.service.d/ours.conf",
        guest.name
    );
    system.write(&place, &format!("[Service]\n{}\n", lines.join("\n")))?;
    system.systemctl(&["daemon-reload"]).map(drop)
}

/// `tap-up`, `microvm-run`, `microvm-shutdown` and `tap-down`, as that host starts and stops one.
fn course(system: &mut System<'_>, guest: &Machine) -> Result<()> {
    let unit = format!("microvm@{}.service", guest.name);
    let tap = system.place(&format!("/sys/class/net/{TAP}"));
    ensure!(!tap.exists(), "it is there before");
    system.systemctl(&["start", &unit])?;
    let state = system.show(&unit, "StatusText")?;
    ensure!(
        ["ready", "booting"].contains(&state.as_str()),
        "it says `{state}`"
    );
    ensure!(tap.join("master").exists(), "its interface is on no bridge");
    // The kernel calls a program that is a text by the text's name.
    for name in ["microvm-run", "qemu-system"] {
        let pid = rustix::process::Pid::as_raw(Some(system.process(name)?));
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        ensure!(status.contains("\nUid:\t990\t"), "`{name}` runs as another");
        // That host's own unit confines nothing.
        if !guest.given.is_empty() {
            unprivileged(system, name)?;
        }
    }
    if !guest.given.is_empty() {
        let found = guest.console(system)?.show()?;
        ensure!(found["failures"] == json!([]), "{}", found["failures"]);
        let is_same = found["passwords"]["ada"] == password_hash(PASSWORD);
        ensure!(is_same, "it has another password");
        asked(system, &guest.name)?;
    }
    system.systemctl(&["stop", &unit])?;
    for (property, wanted) in [("ActiveState", "inactive"), ("Result", "success")] {
        let found = system.show(&unit, property)?;
        ensure!(
            found == wanted,
            "{property} of `{unit}` is {found}: {}",
            system.read(&["journalctl", "--no-pager", "--unit", &unit, "--lines=40"])?
        );
    }
    let taps = format!("microvm-tap-interfaces@{}.service", guest.name);
    system.until(&taps, "Stopped ")?;
    let found = system.show(&taps, "Result")?;
    ensure!(found == "success", "its interface was removed with {found}");
    ensure!(!tap.exists(), "its interface is there afterwards");
    // It goes beside the interface, and has gone when it need not go any more.
    let booted = format!("microvm-set-booted@{}.service", guest.name);
    system.systemctl(&["stop", &booted]).map(drop)
}
