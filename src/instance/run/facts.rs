//! What QEMU says of itself and the host, remembered: asking takes a start of QEMU, as long as the
//! machine's own.
//!
//! It is asked again when QEMU's file is another one, when the host was started anew, and after a
//! machine that did not start with KVM.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde::{Deserialize, Serialize};

use super::Inputs;
use crate::instance::folders::{self, Folders, remove};
use crate::machine::{Accel, Facts};
use crate::qemu::probe;
use crate::regular;

/// Its file in the cache.
const FILE: &str = "qemu.json";
const BYTES_MAX: u64 = 64 << 10;
/// A number of the kernel's that each start of the host has for itself.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What was asked, and what was answered.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Remembered {
    asked: Asked,
    facts: Facts,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    qemu: String,
    /// Of QEMU's file: device, number, bytes, and when it was changed.
    file: (u64, u64, u64, i64, i64),
    boot_id: String,
    accel: String,
    cpu: Option<String>,
    lucarne: String,
}

/// The facts, asked or remembered.
pub(super) async fn facts(inputs: &Inputs<'_>, accel: Accel) -> anyhow::Result<Facts> {
    let folders = inputs.folders;
    let (qemu, cpu) = (&inputs.tools.qemu, inputs.plan.hardware.cpu.as_deref());
    let asked = fs::metadata(qemu).ok().map(|about| Asked {
        qemu: qemu.to_string(),
        file: (
            about.dev(),
            about.ino(),
            about.size(),
            about.ctime(),
            about.ctime_nsec(),
        ),
        boot_id: fs::read_to_string(BOOT_ID).unwrap_or_default(),
        accel: accel.as_str().to_owned(),
        cpu: cpu.map(ToOwned::to_owned),
        lucarne: env!("CARGO_PKG_VERSION").to_owned(),
    });
    if let Some(known) = read(folders)
        && Some(&known.asked) == asked.as_ref()
    {
        return Ok(known.facts);
    }
    let facts = probe(qemu, accel, cpu, &folders.runtime).await?;
    if let Some(asked) = asked {
        let facts = facts.clone();
        let json = serde_json::to_vec(&Remembered { asked, facts })?;
        folders::write(&folders.cache.join(FILE), &json)?;
    }
    Ok(facts)
}

/// What cannot be read is asked again.
fn read(folders: &Folders) -> Option<Remembered> {
    let bytes = regular::read(&folders.cache.join(FILE), BYTES_MAX).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Asks again the next time, where the host's KVM may have become another one meanwhile. Of TCG
/// nothing is known that could.
pub(super) fn forget(folders: &Folders, accel: Accel) {
    if accel == Accel::Kvm {
        // One that stays is only as wrong as it was.
        _ = remove(&folders.cache.join(FILE));
    }
}
