//! Turns the disk of a finished install into an image: checked, cleaned, compressed, described; or
//! of a finished layer what differs from its base. [`flatten`] makes one image of a chain.

mod clean;
mod difference;
pub mod flatten;
mod inspect;
mod pack;
mod search;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

pub use self::difference::{LayerSealInputs, seal_layer};
pub use self::inspect::{Inspection, Layout, inspect};
pub use self::pack::sha256;

use self::inspect::{refuse, unreadable};
use crate::disk::ntfs::Ntfs;
use crate::disk::volume::Volume;
use crate::disk::{RawDisk, Source, Window};
use crate::failure::Failure;
use crate::manifest::{self, ClusterCompression, Finish, Inputs, Manifest, Phase, Step};
use crate::plan::{self, Plan};
use crate::secure_boot::Variables;
use crate::spec::FirmwareKind;
use crate::tools::Tools;

/// What sealing needs.
#[derive(Debug)]
pub struct SealInputs<'a> {
    pub plan: &'a Plan,
    pub tools: &'a Tools,
    /// The raw disk, which QEMU has closed. What must not be kept is punched out of it in place.
    pub raw: &'a Utf8Path,
    /// The firmware, with UEFI.
    pub firmware: Option<FirmwareFiles<'a>>,
    /// An existing, empty folder for the image's files; its owner renames it into its place.
    pub out: &'a Utf8Path,
    pub facts: Facts,
    /// How long `qemu-img` may take for the whole disk.
    pub deadline: Duration,
}

/// The firmware's two files as the install left them.
#[derive(Clone, Copy, Debug)]
pub struct FirmwareFiles<'a> {
    pub code: &'a Utf8Path,
    pub vars: &'a Utf8Path,
}

/// What only the install knows and the manifest tells.
#[derive(Clone, Debug)]
pub struct Facts {
    /// QEMU's machine type with its version, such as `pc-q35-10.0`.
    pub machine_type: String,
    pub inputs: Inputs,
    pub phases: Vec<Phase>,
    pub steps: Vec<Step>,
    /// What the guest said of its end; the plan's defaults are put to it.
    pub finish: Finish,
    /// RFC 3339, UTC, the guest's clock.
    pub installed_at: String,
    /// RFC 3339, UTC, the guest's clock.
    pub sealed_at: String,
    pub evaluation_ends: Option<String>,
}

/// Secure Boot's keys are not what they were at the start.
const KEYS_HINT: &str =
    "no step may change the firmware's keys; `varsMs` of the tools must hold some";

/// Checks the disk, drops what must not be kept, and writes the image's files: `disk.qcow2`,
/// `code.fd` and `vars.fd` with UEFI, and last `manifest.json`.
pub fn seal(inputs: &SealInputs<'_>) -> Result<Manifest, Failure> {
    let SealInputs {
        plan, tools, raw, ..
    } = *inputs;
    // A `done` alone is not that: nothing else than the guest program's own word tells a copy that
    // would be a twin.
    if plan.generalize && inputs.facts.finish.generalized.is_none() {
        return Err(refuse(
            "the guest program said `done`, and nothing of sysprep, which `generalize` asks for",
            "take the program, its media and the guest program from one commit",
        ));
    }
    let disk = RawDisk::open(raw).with_context(|| format!("cannot open `{raw}`"))?;
    let inspection = inspect(&disk, &Layout::of_plan(plan))?;
    let wanted = plan.firmware == plan::Firmware::Uefi { secure_boot: true };
    let secure_boot = secure_boot(wanted, inputs.firmware)?;
    clean(&disk, raw, &inspection)?;
    refuse_password(&disk, raw, plan, &inspection)?;

    let compression = pack::compression(plan.compression, &tools.qemu_img, inputs.out)?;
    let qcow2 = inputs.out.join("disk.qcow2");
    let (qemu_img, deadline) = (&tools.qemu_img, inputs.deadline);
    pack::convert(qemu_img, "raw", raw, &qcow2, compression, deadline)?;
    let manifest = describe(inputs, inspection, secure_boot, disk.size(), compression)?;
    let path = inputs.out.join("manifest.json");
    std::fs::write(&path, manifest.to_json()).with_context(|| format!("cannot write `{path}`"))?;
    pack::finish(&path)?;
    Ok(manifest)
}

/// Whether Secure Boot was on, as the variables that the firmware ran with say. Fails where it was
/// wanted and was not.
fn secure_boot(wanted: bool, firmware: Option<FirmwareFiles<'_>>) -> Result<bool, Failure> {
    if !wanted {
        return Ok(false);
    }
    let files = firmware.context("the install left no firmware")?;
    // The guest may write what it likes into them.
    let variables =
        Variables::read(files.vars).map_err(|error| refuse(format!("{error:#}"), KEYS_HINT))?;
    match variables.was_off() {
        None => Ok(true),
        Some(why) => Err(refuse(
            format!("Secure Boot was not on in the firmware's variables: {why}"),
            KEYS_HINT,
        )),
    }
}

/// Punches out the files that hold memory, and what no file owns or deleted ones left.
fn clean(disk: &RawDisk, raw: &Utf8Path, inspection: &Inspection) -> Result<(), Failure> {
    let writable = File::options()
        .write(true)
        .read(true)
        .open(raw)
        .with_context(|| format!("cannot write to `{raw}`"))?;
    for volume in volumes(disk, inspection)? {
        clean::punch(&writable, &clean::memory_files(&volume)?)?;
        clean::punch(&writable, &clean::small_files(&volume)?)?;
    }
    for usage in &inspection.usage {
        clean::punch(&writable, &usage.free)?;
    }
    Ok(())
}

/// The disk's NTFS volumes, in order.
fn volumes<'a>(disk: &'a dyn Source, inspection: &Inspection) -> Result<Vec<Ntfs<'a>>, Failure> {
    let ntfs = Volume::Ntfs.file_system();
    let partitions = inspection.partitions.iter();
    partitions
        .filter(|partition| partition.file_system.as_deref() == ntfs)
        .map(|partition| {
            Window::new(disk, partition.offset_bytes, partition.size_bytes)
                .and_then(Ntfs::open)
                .map_err(|error| unreadable(&format!("partition {}", partition.number), error))
        })
        .collect()
}

/// Fails when a password that nobody asked for still stands on the disk: whoever can read the
/// store can compute it, and it was to be replaced by a random one. Those of the spec stay.
fn refuse_password(
    disk: &RawDisk,
    raw: &Utf8Path,
    plan: &Plan,
    inspection: &Inspection,
) -> Result<(), Failure> {
    let administrator = plan.administrator_password.iter();
    let accounts: Vec<_> = std::iter::once(&plan.build_account)
        .chain(&plan.accounts)
        .map(|account| (account.name.as_str(), &account.password))
        .chain(administrator.map(|password| ("Administrator", password)))
        .filter(|(_, password)| password.throw_away)
        .map(|(account, password)| (account, password.text.as_str()))
        .collect();
    let file = File::open(raw).with_context(|| format!("cannot open `{raw}`"))?;
    let Some(hit) = search::search(&file, &accounts)? else {
        return Ok(());
    };
    Err(stands(&hit, &volumes(disk, inspection)?))
}

/// A password was found.
fn stands(hit: &search::Hit<'_>, volumes: &[Ntfs<'_>]) -> Failure {
    let owner = volumes.iter().find_map(|volume| volume.owner(hit.offset));
    // A file's name is the guest's text; only its backslashes are a path's own.
    let place = match owner {
        Some(path) => format!(
            "in `{}`",
            path.escape_debug().to_string().replace(r"\\", r"\")
        ),
        None => format!("at byte {} of the disk, in no file", hit.offset),
    };
    refuse(
        format!(
            "the password of `{}` stands {} {place}",
            hit.account, hit.form
        ),
        "whatever a step copies of the answer file, it must remove",
    )
}

/// Copies the firmware, hashes what is there and writes it all down.
fn describe(
    inputs: &SealInputs<'_>,
    inspection: Inspection,
    secure_boot: bool,
    virtual_bytes: u64,
    compression: ClusterCompression,
) -> anyhow::Result<Manifest> {
    let SealInputs {
        plan, facts, out, ..
    } = inputs;
    let copied = |from: Option<&Utf8Path>, name: &str| {
        from.map(|from| pack::copy(from, &out.join(name)))
            .transpose()
    };
    let kind = match plan.firmware {
        plan::Firmware::Uefi { .. } => FirmwareKind::Uefi,
        plan::Firmware::Bios => FirmwareKind::Bios,
    };
    let (major, minor, build) = plan.image.version;
    Ok(Manifest {
        schema: manifest::SCHEMA.into(),
        name: plan.name.clone(),
        windows: manifest::Windows {
            edition: plan.image.name.clone(),
            edition_id: plan.image.edition_id.clone(),
            installation_type: plan.image.installation_type.clone(),
            version: format!("{major}.{minor}.{build}"),
            build,
            architecture: plan.image.architecture.clone(),
            languages: plan.image.languages.clone(),
            contents: inspection.contents,
        },
        firmware: manifest::Firmware {
            kind,
            secure_boot,
            code_sha256: copied(inputs.firmware.map(|files| files.code), "code.fd")?,
            vars_sha256: copied(inputs.firmware.map(|files| files.vars), "vars.fd")?,
        },
        disk: manifest::Disk {
            bus: plan.disk.bus,
            virtual_bytes,
            compression,
            sha256: pack::finish(&out.join("disk.qcow2"))?,
            partitions: inspection.partitions,
            windows_partition: plan.disk.windows_partition,
        },
        machine: manifest::Machine {
            kind: facts.machine_type.clone(),
            identity: plan.name.clone(),
            qemu_version: pack::qemu_version(inputs.tools)?,
            tpm: plan.tpm,
            min_cores: plan.machine.cores,
            min_memory_mib: plan.machine.memory_mib,
        },
        inputs: facts.inputs.clone(),
        phases: facts.phases.clone(),
        steps: facts.steps.clone(),
        finish: Finish {
            defaults: defaults(plan)?,
            ..facts.finish.clone()
        },
        installed_at: facts.installed_at.clone(),
        sealed_at: facts.sealed_at.clone(),
        evaluation_ends: facts.evaluation_ends.clone(),
    })
}

/// The defaults that were asked for, by their options' names.
fn defaults(plan: &Plan) -> anyhow::Result<Vec<String>> {
    let switches: BTreeMap<String, bool> =
        serde_json::from_value(serde_json::to_value(plan.defaults)?)?;
    let on = switches.into_iter().filter(|(_, on)| *on);
    Ok(on.map(|(name, _)| name).collect())
}

/// What to tell when the image is not compressed as asked.
#[must_use]
pub fn note(plan: &Plan, manifest: &Manifest) -> Option<&'static str> {
    let got = manifest.disk.compression;
    (got != ClusterCompression::from(plan.compression))
        .then_some("this `qemu-img` knows no zstd: the disk is compressed with zlib")
}
