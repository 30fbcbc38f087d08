//! What is refused before Windows starts: each with its words and its exit code, and nothing lost.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;
use serde_json::json;

use super::image;
use super::instance::Instance;
use crate::test::{Context, Outcome};

/// A file system in memory below one of the machine's folders.
fn in_memory(part: &str, size: &str) -> String {
    format!("mount -t tmpfs -o size={size} tmpfs {part}")
}

/// A start that must end so.
pub(super) fn refused(instance: &Instance<'_>, code: u8, words: &[&str]) -> Result<()> {
    let end = instance.ended()?;
    let said = &end.stderr;
    ensure!(
        end.code == code,
        "it ended with {} instead of {code}: {said}",
        end.code
    );
    for words in words {
        ensure!(said.contains(words), "it does not say `{words}`: {said}");
    }
    Ok(())
}

pub(super) fn all(context: &Context) -> Result<Outcome> {
    let mut one = Instance::new(context, "one")?;
    one.before = in_memory("cache", "1g");
    refused(&one, 2, &["lies in memory (tmpfs)", "hint: "])?;
    one.machine["dataDisk"] = json!({ "sizeGib": 1 });
    one.before = in_memory("state", "16k");
    refused(&one, 2, &["No space left on device"])?;
    one.machine["identity"] = json!({ "computerName": "ONE" });
    refused(&one, 2, &["lies in memory (tmpfs)", "identity", "hint: "])?;
    if let Some(machine) = one.machine.as_object_mut() {
        machine.remove("identity");
    }
    one.before.clear();

    let image = one.machine["image"].take();
    one.machine["image"] = json!(one.folder.join("nowhere").as_str());
    refused(&one, 2, &["there is no image", "nowhere"])?;
    let newer = image::copy(&one.image, &one.folder.join("newer"), |manifest| {
        manifest["machine"]["type"] = json!("pc-q35-99.0");
    })?;
    one.machine["image"] = json!(newer.as_str());
    refused(&one, 2, &["does not know `pc-q35-99.0`", "hint: "])?;
    fs::remove_file(newer.join("disk.qcow2"))?;
    refused(&one, 2, &["disk.qcow2"])?;
    one.machine["image"] = image;

    credentials(&mut one)?;
    // None of this has made the data disk, which the next start makes; and no start shrinks it.
    let disk = one.place("state", "data.qcow2");
    ensure!(!disk.exists(), "`{disk}` was made by a start that failed");
    one.machine["dataDisk"]["sizeGib"] = json!(2);
    busy(context, &one)?;
    let before = fs::read(&disk)?;
    one.machine["dataDisk"]["sizeGib"] = json!(1);
    refused(
        &one,
        1,
        &[
            "dataDisk.sizeGib: 1 GiB is less than the 2 GiB that",
            "hint: ",
        ],
    )?;
    ensure!(fs::read(&disk)? == before, "the data disk was written");
    keeps_its_size(&mut one, &disk)?;
    Ok(Outcome::Passed)
}

/// A disk that a start would have grown, which fails when QEMU sees it; and one of an image's.
fn keeps_its_size(one: &mut Instance<'_>, disk: &Utf8Path) -> Result<()> {
    let before = virtual_bytes(disk)?;
    one.machine["dataDisk"]["sizeGib"] = json!(3);
    one.machine["extraQemuArgs"] = json!(["-no-such-option"]);
    refused(one, 2, &["no-such-option"])?;
    ensure!(
        virtual_bytes(disk)? == before,
        "a failed start left `{disk}` grown"
    );
    let of_image = one.image.folder.join("disk.qcow2");
    let before = virtual_bytes(&of_image)?;
    one.machine["dataDisk"] = json!({ "sizeGib": 900, "path": of_image.as_str() });
    refused(one, 1, &["dataDisk.path: `", "hint: "])?;
    ensure!(
        virtual_bytes(&of_image)? == before,
        "the image's disk was grown"
    );
    Ok(())
}

/// The size that a qcow2 says it has: eight bytes of its header, by QEMU's `docs/interop/qcow2`.
fn virtual_bytes(disk: &Utf8Path) -> Result<u64> {
    let mut size = [0; 8];
    let file = File::open(disk).with_context(|| format!("cannot open `{disk}`"))?;
    file.read_exact_at(&mut size, 24)?;
    Ok(u64::from_be_bytes(size))
}

/// A credential that is missing, and one that is no file.
fn credentials(one: &mut Instance<'_>) -> Result<()> {
    let account = json!({ "name": "ada", "passwordCredential": "ada-password" });
    one.machine["guest"] = json!({ "accounts": [account] });
    refused(one, 2, &["credential", "ada-password", "hint: "])?;
    let place = one.folder.join("credentials/ada-password");
    fs::create_dir(&place)?;
    refused(one, 2, &["credential", "ada-password"])?;
    fs::remove_dir(&place)?;
    one.machine["guest"] = json!(null);
    if let Some(machine) = one.machine.as_object_mut() {
        machine.remove("guest");
    }
    Ok(())
}

/// While it runs nobody else has its name, or its data disk.
fn busy(context: &Context, one: &Instance<'_>) -> Result<()> {
    let mut machine = one.start()?;
    machine.until("STATUS=booting")?;
    refused(
        one,
        2,
        &["the machine `one` runs already, as process ", "hint: "],
    )?;
    let mut other = Instance::new(context, "other")?;
    let disk = one.place("state", "data.qcow2");
    other.machine["dataDisk"] = json!({ "sizeGib": 2, "path": disk.as_str() });
    refused(
        &other,
        2,
        &["data.qcow2` is another machine's now", "hint: "],
    )?;
    machine.ready()?;
    machine.stop()?;
    Ok(())
}
