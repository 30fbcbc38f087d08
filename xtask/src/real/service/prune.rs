//! The command for what guests leave behind that are declared no longer, and volumes that grow: the
//! scripts that our modules make, run on a host of their own.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::system::System;
use crate::real::eval::evaluated;
use crate::test::{Context, Outcome, Ran};

const LIMIT: Duration = Duration::from_secs(60);
const COMMAND: &str = "/usr/local/bin/microvm-prune";
const GUESTS: &str = "/var/lib/microvms";
const ROOTS: &str = "/nix/var/nix/gcroots/microvm";

/// `db` is declared, and has a share in `web`; the others were, or never were.
const FOLDERS: &str = "set -eu
cd /var/lib/microvms
for name in cli db \"it's\" old running web; do
  mkdir -p \"$name\"; echo kept > \"$name/data.img\"
done
echo github:ada/guests > cli/flake
mkdir /srv/kept; echo kept > /srv/kept/data.img
ln -s /srv/kept link
ln -s /srv/kept old/link
mkdir -p /nix/var/nix/gcroots/microvm
ln -s /nowhere /nix/var/nix/gcroots/microvm/cli
ln -s /nowhere /nix/var/nix/gcroots/microvm/booted-cli
";
const UNIT: &str = "[Service]\nExecStart=/bin/sleep infinity\n";
/// One that starts until it is told to end, and stops until then.
const SLOW: &str = "[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=
ExecStart=/bin/sh -c 'echo starts; read -r word < go'
ExecStop=/bin/sh -c 'echo stops; read -r word < go'
WorkingDirectory=/var/lib/microvms/slow
";

fn text(context: &Context, expression: &str) -> Result<String> {
    let text = evaluated(context, LIMIT, &["--expr", expression])?;
    Ok(serde_json::from_value(text)?)
}

pub(super) fn prune(context: &Context) -> Result<Outcome> {
    let modules = context.repository.join("nix/modules");
    let script = text(
        context,
        &format!(
            "import {modules}/microvm-host/prune-script.nix
               {{ stateDir = \"{GUESTS}\"; declared = [ \"db\" ]; used = [ \"web\" ];
                  roots = \"{ROOTS}\"; }}"
        ),
    )?;
    let mut system = System::boot(context, &[])?;
    system.write(COMMAND, &format!("#!/bin/bash\n{script}"))?;
    system.read(&["chmod", "755", COMMAND])?;
    system.read(&["mkdir", "--parents", GUESTS])?;
    let listed = ran(&system, &[])?;
    ensure!(
        listed.code == 0 && listed.stdout.is_empty() && listed.stderr.contains("declares every"),
        "of nothing: {listed:?}"
    );
    system.read(&["bash", "-c", FOLDERS])?;
    system.write("/etc/systemd/system/microvm@.service", UNIT)?;
    system.systemctl(&["daemon-reload"])?;
    system.systemctl(&["start", "microvm@running.service"])?;

    lists(&system)?;
    refuses(&system)?;
    removes(&system)?;
    grows(context, &system)?;
    waits(&mut system)?;
    Ok(Outcome::Passed)
}

fn ran(system: &System<'_>, names: &[&str]) -> Result<Ran> {
    system.ran(&[&[COMMAND], names].concat())
}

fn folders(system: &System<'_>) -> Result<Vec<String>> {
    let text = system.read(&["ls", "--quoting-style=literal", GUESTS])?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// What is declared and what is no folder is not among them.
fn lists(system: &System<'_>) -> Result<()> {
    let listed = ran(system, &[])?;
    let lines: Vec<Vec<_>> = listed
        .stdout
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let found: Vec<_> = lines
        .iter()
        .map(|line| (line[0], line[2], line[3].contains("microvm -c")))
        .collect();
    let wanted = [
        ("cli", "stopped", true),
        ("it's", "stopped", false),
        ("old", "stopped", false),
        ("running", "running", false),
    ];
    ensure!(listed.code == 0 && found == wanted, "it lists {listed:?}");
    Ok(())
}

/// With one name that is wrong nothing is removed, and all that are wrong are told.
fn refuses(system: &System<'_>) -> Result<()> {
    let before = folders(system)?;
    let names = [
        "old",
        "db",
        "web",
        "running",
        "link",
        "..",
        "old/../db",
        "",
        "gone",
    ];
    let refused = ran(system, &names)?;
    let told = [
        "`db`: is declared by this host",
        "`web`: holds a share or a volume of a guest that this host declares",
        "`running`: `microvm@running.service` has not stopped",
        "`link`: has no folder",
        "`..`: is no name",
        "`old/../db`: is no name",
        "``: is no name",
        "`gone`: has no folder",
    ];
    for words in told {
        ensure!(refused.stderr.contains(words), "no {words}: {refused:?}");
    }
    let problems = refused.stderr.matches("microvm-prune: ").count();
    let hints = refused.stderr.matches("\n  hint: ").count();
    ensure!(
        refused.code == 1 && problems == told.len() && hints == told.len(),
        "{refused:?}"
    );
    ensure!(folders(system)? == before, "something was removed");
    let option = ran(system, &["--all"])?;
    ensure!(
        option.code == 1 && option.stderr.contains("`--all` is no option"),
        "{option:?}"
    );
    ensure!(folders(system)? == before, "something was removed");
    Ok(())
}

fn removes(system: &System<'_>) -> Result<()> {
    let removed = ran(system, &["old", "cli", "it's"])?;
    ensure!(
        removed.code == 0 && removed.stdout == "removed\told\nremoved\tcli\nremoved\tit's\n",
        "{removed:?}"
    );
    ensure!(
        folders(system)? == ["db", "link", "running", "web"],
        "not these"
    );
    let roots = fs::read_dir(system.place(ROOTS))?.count();
    ensure!(roots == 0, "{roots} roots are left");
    let beside = system.place("/srv/kept/data.img");
    ensure!(beside.exists(), "a link was followed");
    Ok(())
}

/// What is on its way up or down has not stopped.
fn waits(system: &mut System<'_>) -> Result<()> {
    let unit = "microvm@slow.service";
    let folder = format!("{GUESTS}/slow");
    system.read(&["mkdir", &folder])?;
    system.read(&["mkfifo", &format!("{folder}/go")])?;
    system.write(&format!("/etc/systemd/system/{unit}.d/slow.conf"), SLOW)?;
    system.systemctl(&["daemon-reload"])?;
    for (command, said, way, end) in [
        ("start", "starts", "activating", "active"),
        ("stop", "stops", "deactivating", "inactive"),
    ] {
        system.systemctl(&[command, "--no-block", unit])?;
        system.until(unit, said)?;
        let state = system.show(unit, "ActiveState")?;
        ensure!(state == way, "`{unit}` is {state}");
        let listed = ran(system, &[])?;
        let line = |line: &str| line.starts_with("slow\t") && line.contains("\trunning\t");
        ensure!(listed.stdout.lines().any(line), "{listed:?}");
        let refused = ran(system, &["slow"])?;
        let words = format!("`slow`: `{unit}` has not stopped");
        ensure!(
            refused.code == 1 && refused.stderr.contains(&words),
            "{refused:?}"
        );
        ensure!(system.place(&folder).exists(), "it was removed, {way}");
        system.read(&["bash", "-c", &format!("echo go > {folder}/go")])?;
        // A second job of its kind ends with the first one.
        system.systemctl(&[command, unit])?;
        let state = system.show(unit, "ActiveState")?;
        ensure!(state == end, "`{unit}` is {state}");
    }
    let removed = ran(system, &["slow"])?;
    ensure!(removed.stdout == "removed\tslow\n", "{removed:?}");
    Ok(())
}

/// A smaller image grows and keeps what is in it, a missing one is left to others; where one is
/// larger none is touched.
fn grows(context: &Context, system: &System<'_>) -> Result<()> {
    let file = context
        .repository
        .join("nix/modules/microvm-guest/grow-script.nix");
    let script = |size: u32| {
        let volumes = format!(
            "{{ name = \"a\"; image = \"it's.img\"; size = {size}; }}
             {{ name = \"b\"; image = \"b.img\"; size = 8; }}
             {{ name = \"c\"; image = \"c.img\"; size = 8; }}"
        );
        let expression =
            format!("import {file} {{ coreutils = \"/usr\"; volumes = [ {volumes} ]; }}");
        text(context, &expression)
    };
    let course = |size| -> Result<(u8, String, String)> {
        let script = format!("set -eou pipefail\ncd {GUESTS}/db\n{}", script(size)?);
        let ran = system.ran(&["bash", "-c", &script])?;
        let sizes = "stat --format='%n %s' *.img; head -c4 it\\'s.img";
        let sizes = format!("cd {GUESTS}/db; {sizes}");
        Ok((ran.code, system.read(&["bash", "-c", &sizes])?, ran.stderr))
    };
    let made = format!(
        "cd {GUESTS}/db; rm data.img; printf kept > it\\'s.img; truncate --size=4M it\\'s.img;
         truncate --size=2M b.img"
    );
    system.read(&["bash", "-c", &made])?;
    let grown = "b.img 8388608\nit's.img 6291456\nkept".to_owned();
    for _again in 0..2 {
        let found = course(6)?;
        ensure!(found == (0, grown.clone(), String::new()), "{found:?}");
    }
    system.read(&["truncate", "--size=2M", &format!("{GUESTS}/db/b.img")])?;
    let (code, sizes, said) = course(5)?;
    let wanted = "b.img 2097152\nit's.img 6291456\nkept";
    ensure!(code == 1 && sizes == wanted, "{code} {sizes}");
    let words =
        "lucarne.microvm.guest.mounts.a.volume.size: 5 MiB are less than the 6 MiB of `it's.img`
  hint: a volume never shrinks: say 6 or more, or leave `volume.grow` out\n";
    ensure!(said == words, "it says:\n{said}");
    Ok(())
}
