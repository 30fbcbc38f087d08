//! The hypervisors of Linux guests in the confines that our module adds to microvm.nix's unit:
//! systemd judges them for every shape that a guest may have, and QEMU runs a kernel in them.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::life::unprivileged;
use super::microvm::{GUESTS, UNITS, USER, service, users};
use super::system::System;
use super::tap::TAP;
use super::verify::exposed;
use crate::real::eval::evaluated;
use crate::test::{Context, Outcome};

const LIMIT: Duration = Duration::from_secs(120);
/// What may be exposed at most, as `--threshold` has it, of 100.
const EXPOSED_MAX: &str = "16";
/// Of the one that confines its devices itself, in namespaces and mounts of its own.
const EXPOSED_MAX_CROSVM: &str = "31";
/// The one that is started.
const GUEST: &str = "probe";
const UNIT: &str = "microvm@probe.service";

/// It says what it sees of the host, and becomes a machine with a kernel and no disk to go on with.
const RUN: &str = "#!/bin/bash
set -eu
try() { (: > \"$1/written\") 2> /dev/null && echo \"writes $1\" || echo \"reads $1\"; }
{
  echo guests $(ls /var/lib/microvms)
  for folder in . /srv/open /srv/other /var/lib/microvms/neighbour; do try $folder; done
  [ -e /dev/fuse ] && echo has /dev/fuse || echo lacks /dev/fuse
} > seen
exec qemu-system-x86_64 -M q35,accel=tcg,graphics=off -m 256 -nodefaults -no-user-config \\
  -display none -serial stdio -sandbox on -no-reboot \\
  -drive file=disk.img,format=raw,if=virtio \\
  -netdev tap,id=a,ifname=vm-check,script=no,downscript=no \\
  -device virtio-net-pci,netdev=a -qmp unix:control.socket,server=on,wait=off \\
  -kernel /boot/vmlinuz-* -append 'console=ttyS0 panic=0'
";
const SHUTDOWN: &str = "#!/bin/bash\nkill \"$MAINPID\"\n";
const TAP_UP: &str =
    "#!/bin/bash\nexec ip tuntap add name vm-check mode tap user microvm vnet_hdr\n";
const TAP_DOWN: &str = "#!/bin/bash\nexec ip link delete vm-check\n";

/// What a guest sees that nothing confines, and one that is.
const LOOSE: &str = "guests neighbour probe
writes .
writes /srv/open
writes /srv/other
writes /var/lib/microvms/neighbour
has /dev/fuse
";
const CONFINED: &str = "guests probe
writes .
writes /srv/open
reads /srv/other
reads /var/lib/microvms/neighbour
lacks /dev/fuse
";

/// The settings by the names of the shapes, as lines of `[Service]`.
fn settings(context: &Context) -> Result<BTreeMap<String, String>> {
    let file = context.repository.join("tests/nix/guests/confines.nix");
    let texts = evaluated(context, LIMIT, &[file.as_str()])?;
    let texts: BTreeMap<String, String> = serde_json::from_value(texts)?;
    let service = |(name, text): (String, String)| Ok((name, service(&text)?.to_owned()));
    texts.into_iter().map(service).collect()
}

pub(super) fn confined(context: &Context) -> Result<Outcome> {
    let settings = settings(context)?;
    ensure!(settings.len() > 40, "only {} shapes", settings.len());
    let (worst, crosvm) = judged(context, &settings)?;
    println!(
        "        service/confined: {} shapes, the most exposed {worst}, with crosvm {crosvm}",
        settings.len()
    );

    let mut system = System::boot(context, &[])?;
    users(&system)?;
    for (name, text) in UNITS {
        let text = text.replace("Type=notify", "Type=simple");
        system.write(&format!("/etc/systemd/system/{name}"), &text)?;
    }
    install(&system)?;
    system.systemctl(&["daemon-reload"])?;
    // So that a check of the second one can fail.
    course(&mut system, LOOSE)?;
    drop_in(&system, "confines", &settings[GUEST])?;
    course(&mut system, CONFINED)?;
    limited(&system, &settings)?;
    Ok(Outcome::Passed)
}

/// Adds settings to the guest's unit, as NixOS does to what is named after an instance.
fn drop_in(system: &System<'_>, name: &str, settings: &str) -> Result<()> {
    let file = format!("/etc/systemd/system/{UNIT}.d/{name}.conf");
    system.write(&file, &format!("[Service]\n{settings}\n"))?;
    system.systemctl(&["daemon-reload"]).map(drop)
}

/// Limits of the template count for a guest, until what is said of that one takes them back. All
/// guests are in one slice.
fn limited(system: &System<'_>, settings: &BTreeMap<String, String>) -> Result<()> {
    let limits = [
        ("CPUQuotaPerSecUSec", "1.500000s", "infinity"),
        ("CPUWeight", "50", "[not set]"),
        ("IOWeight", "60", "[not set]"),
        ("MemoryMax", "1073741824", "infinity"),
    ];
    // In the unit itself: another file of the same name would hide one of the template's.
    let (template, text) = UNITS.last().context("no template")?;
    let limited = format!("{text}{}\n", settings["limited"]);
    system.write(&format!("/etc/systemd/system/{template}"), &limited)?;
    system.systemctl(&["daemon-reload"])?;
    for (property, wanted, _) in limits {
        let found = system.show(UNIT, property)?;
        ensure!(found == wanted, "{property} is {found}");
    }
    drop_in(system, "limits", &settings["freed"])?;
    for (property, _, wanted) in limits {
        let found = system.show(UNIT, property)?;
        ensure!(
            found == wanted,
            "{property} is {found} when it is taken back"
        );
    }
    let slice = system.show(UNIT, "Slice")?;
    ensure!(slice == "system-microvm.slice", "it is in `{slice}`");
    Ok(())
}

/// What systemd says of all: nothing; and how exposed the worst are.
fn judged(context: &Context, settings: &BTreeMap<String, String>) -> Result<(f64, f64)> {
    let folder = context.folder.join("units");
    fs::create_dir(&folder)?;
    for (name, text) in UNITS {
        fs::write(folder.join(name), stand_in(text))?;
    }
    let (_, template) = UNITS.last().context("no template")?;
    let mut files = Vec::new();
    for (name, settings) in settings {
        let file = folder.join(format!("microvm@{name}.service"));
        fs::write(&file, format!("{}{settings}\n", stand_in(template)))?;
        files.push(file.into_string());
    }
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let words = ["systemd-analyze", "verify", "--man=no"];
    let ran = context.inside(LIMIT, &[&words[..], &files].concat())?;
    let said = format!("{}{}", ran.stdout, ran.stderr);
    ensure!(ran.code == 0 && said.is_empty(), "{said}");
    // Limits confine nothing.
    let limits = |file: &&str| file.contains("@limited.") || file.contains("@freed.");
    let files = files.into_iter().filter(|file| !limits(file));
    let (crosvm, others): (Vec<_>, Vec<_>) = files.partition(|file| file.contains("@crosvm-"));
    Ok((
        exposed(context, &others, EXPOSED_MAX)?,
        exposed(context, &crosvm, EXPOSED_MAX_CROSVM)?,
    ))
}

/// The programs and the user are no part of the tool root.
fn stand_in(text: &str) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((key @ ("ExecStart" | "ExecStop"), _)) => format!("{key}=/usr/bin/true\n"),
        Some(("User", _)) => "User=daemon\n".to_owned(),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Its folder, a neighbour's, and folders that everybody may write to.
fn install(system: &System<'_>) -> Result<()> {
    let folder = format!("{GUESTS}/{GUEST}");
    let bin = format!("{folder}/runner/bin");
    for (name, text) in [
        ("microvm-run", RUN),
        ("microvm-shutdown", SHUTDOWN),
        ("tap-up", TAP_UP),
        ("tap-down", TAP_DOWN),
    ] {
        system.write(&format!("{bin}/{name}"), text)?;
        system.read(&["chmod", "755", &format!("{bin}/{name}")])?;
    }
    let runner = format!("{folder}/runner");
    system.read(&["ln", "-sT", &runner, &format!("{folder}/current")])?;
    system.read(&["truncate", "--size=1M", &format!("{folder}/disk.img")])?;
    let neighbour = format!("{GUESTS}/neighbour");
    system.read(&["mkdir", "--parents", &neighbour, "/srv/open", "/srv/other"])?;
    system.read(&["chmod", "777", "/srv/open", "/srv/other"])?;
    system.read(&["mknod", "--mode=666", "/dev/fuse", "c", "10", "229"])?;
    let owner = format!("{USER}:kvm");
    system
        .read(&["chown", "--recursive", &owner, GUESTS])
        .map(drop)
}

/// It starts, runs a kernel, has seen this of the host, and stops.
fn course(system: &mut System<'_>, wanted: &str) -> Result<()> {
    let tap = system.place(&format!("/sys/class/net/{TAP}"));
    system.systemctl(&["start", UNIT])?;
    // A kernel's last words without a root: it has come that far.
    system.until(UNIT, "end Kernel panic")?;
    let seen = fs::read_to_string(system.place(&format!("{GUESTS}/{GUEST}/seen")))?;
    ensure!(seen == wanted, "it sees:\n{seen}");
    ensure!(tap.exists(), "it has no interface");
    if wanted == CONFINED {
        unprivileged(system, "qemu-system")?;
    }
    system.systemctl(&["stop", UNIT])?;
    for (property, wanted) in [("ActiveState", "inactive"), ("Result", "success")] {
        let found = system.show(UNIT, property)?;
        ensure!(found == wanted, "{property} of `{UNIT}` is {found}");
    }
    Ok(())
}
