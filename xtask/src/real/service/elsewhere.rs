//! A data disk that lies elsewhere, in a folder that root gives the machine's user, and a group
//! whose members may ask: what a user without rights cannot take for itself.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};

use anyhow::{Context as _, Result, ensure};
use camino::Utf8PathBuf;
use serde_json::json;

use super::machine::{self, Machine};
use super::system::System;
use crate::test::{Context, Outcome};

/// Of systemd's syntax and a shell's, all but quotation marks and `\`, which are refused.
const FOLDER: &str = "/srv/ !#$%&()*+,-.;<=>?@[]^_`{|}~%n/far";
pub(super) const GROUP: &str = "lucarne";
/// A number that systemd makes users up from: an earlier one of the machine's.
const EARLIER: u32 = 61_999;

pub(super) fn elsewhere(context: &Context) -> Result<Outcome> {
    let mut system = machine::host(context)?;
    system.read(&["groupadd", "--system", GROUP])?;
    let mut far = Machine::new("far");
    far.spec["readiness"] = json!("start");
    far.spec["shutdownTimeoutSec"] = json!(1);
    far.spec["dataDisk"] = json!({ "sizeGib": 1, "path": format!("{FOLDER}/data.qcow2") });
    far.given.insert("group".into(), json!(GROUP));
    far.settings.insert("Restart".into(), json!("no"));
    far.install(context, &system)?;

    // Its folder by its name, which waits for whatever is mounted on the way there.
    // It is shown as a shell reads it, and has no `\` of its own.
    let mounts = system.show(&far.unit(), "RequiresMountsFor")?;
    let mounts = mounts.replace('\\', "");
    ensure!(mounts.contains(FOLDER), "it waits for no mount: {mounts}");

    start(&mut system, &far)?;
    asked(&system, "far")?;
    system.systemctl(&["stop", &far.unit()])?;

    // After the host's next start the same name may be another number.
    for place in places(&system) {
        chown(&place, Some(EARLIER), Some(EARLIER))?;
    }
    start(&mut system, &far)?;
    system.systemctl(&["stop", &far.unit()])?;

    // What root puts into the disk's place is the machine's to use.
    system.read(&[
        "qemu-img",
        "create",
        "-q",
        "-f",
        "raw",
        "/srv/old.img",
        "1G",
    ])?;
    system.read(&[
        "lucarne",
        "ctl",
        "far",
        "import",
        "--replace",
        "/srv/old.img",
    ])?;
    start(&mut system, &far)?;
    system.systemctl(&["stop", &far.unit()])?;

    // Whoever named the folder did not mean to give this away.
    let letters = system.place(&format!("{FOLDER}/letters"));
    fs::write(&letters, "mine")?;
    for place in places(&system) {
        chown(&place, Some(0), Some(0))?;
    }
    let ran = system.ran(&["systemctl", "start", &far.unit()])?;
    ensure!(ran.code != 0, "a folder of another's was given away");
    system.until(&far.unit(), "is not the machine's own: it holds `letters`")?;
    ensure!(fs::metadata(&letters)?.uid() == 0, "it was given away");
    Ok(Outcome::Passed)
}

/// The folder and the disk.
fn places(system: &System<'_>) -> [Utf8PathBuf; 2] {
    [FOLDER.to_owned(), format!("{FOLDER}/data.qcow2")].map(|path| system.place(&path))
}

/// Started, with folder and disk its user's alone.
fn start(system: &mut System<'_>, far: &Machine) -> Result<()> {
    let unit = far.unit();
    system.systemctl(&["start", &unit])?;
    system.until(&unit, "Started ")?;
    let owner = process_owner(system)?;
    ensure!(owner != 0 && owner != EARLIER, "it runs as {owner}");
    for place in places(system) {
        let about = fs::metadata(&place).with_context(|| format!("no `{place}`"))?;
        ensure!(
            about.uid() == owner,
            "`{place}` is the user {}'s",
            about.uid()
        );
        let others = about.mode() & 0o077;
        ensure!(others == 0, "`{place}` is others' to read");
    }
    Ok(())
}

fn process_owner(system: &System<'_>) -> Result<u32> {
    let process = system.process("qemu-system")?;
    let about = fs::metadata(format!("/proc/{}", process.as_raw_nonzero()))?;
    Ok(about.uid())
}

/// A member of the group is answered, somebody else is not.
pub(super) fn asked(system: &System<'_>, machine: &str) -> Result<()> {
    let groups = fs::read_to_string(system.place("/etc/group"))?;
    let mut lines = groups.lines().map(|line| line.split(':'));
    let number = lines.find_map(|mut fields| (fields.next()? == GROUP).then(|| fields.nth(1))?);
    let number = number.with_context(|| format!("there is no group `{GROUP}`"))?;
    let ask = |group: &str, what: &str| {
        let who = ["setpriv", "--reuid=1234", "--regid=1234"];
        let groups = format!("--groups={group}");
        let ctl = ["lucarne", "ctl", machine, what];
        system.ran(&[&who[..], &[&groups], &ctl].concat())
    };
    let member = ask(number, "status")?;
    ensure!(member.code == 0, "a member is refused: {}", member.stderr);
    ensure!(member.stdout.contains("running"), "{}", member.stdout);
    // That it runs is no secret: everybody sees its folder's name and its process.
    let other = ask("1235", "status")?;
    let told = format!("{machine} running, it is not yours to control");
    ensure!(other.stdout.trim() == told, "{}", other.stdout);
    let other = ask("1235", "stop")?;
    ensure!(other.code != 0, "somebody else stops it");
    Ok(())
}
