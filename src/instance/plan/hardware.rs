//! Rules of the virtual hardware: at least what the image was installed with.

use serde::Serialize;

use super::{Rules, spec};
use crate::plan::{CORES_MAX, Firmware, MEMORY_MIB_MAX, clock, cpu_model};
use crate::spec::{Accel, Bus, FirmwareKind};

/// The virtual hardware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hardware {
    /// What Windows takes the machine for: the name that the image was installed as.
    pub identity: String,
    pub firmware: Firmware,
    pub bus: Bus,
    pub cores: u32,
    pub memory_mib: u64,
    pub cpu: Option<String>,
    pub accel: Accel,
    pub nested: bool,
    pub clock: Option<String>,
}

/// Whether there is a TPM, and how long it keeps its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Tpm {
    None,
    PerInstance,
    PerStart,
}

pub(super) fn hardware(rules: &mut Rules<'_>) -> Hardware {
    let said = rules.spec.machine.clone().unwrap_or_default();
    let image = rules.manifest;
    let least = image.map_or((1, 1), |m| (m.machine.min_cores, m.machine.min_memory_mib));
    let cores = said.cores.unwrap_or(least.0);
    if !(least.0..=CORES_MAX).contains(&cores) {
        let what = format!("{cores} is not from {} to {CORES_MAX}", least.0);
        rules.problem("machine.cores", what, LEAST);
    }
    let memory_mib = said.memory_mib.unwrap_or(least.1);
    if !(least.1..=MEMORY_MIB_MAX).contains(&memory_mib) {
        let what = format!(
            "{memory_mib} MiB is not from {} to {MEMORY_MIB_MAX} MiB",
            least.1
        );
        rules.problem("machine.memoryMib", what, LEAST);
    }
    let accel = said.accel.unwrap_or(Accel::Kvm);
    let findings = &mut rules.findings;
    cpu_model(findings, said.cpu.as_deref(), Some(accel), "machine.accel");
    let clock = said
        .clock
        .map(|text| clock(findings, "machine.clock", &text));
    Hardware {
        identity: image.map_or_else(String::new, |image| image.machine.identity.clone()),
        firmware: match image.map(|image| (image.firmware.kind, image.firmware.secure_boot)) {
            Some((FirmwareKind::Uefi, secure_boot)) => Firmware::Uefi { secure_boot },
            Some((FirmwareKind::Bios, _)) | None => Firmware::Bios,
        },
        bus: image.map_or(Bus::VirtioScsi, |image| image.disk.bus),
        cores,
        memory_mib,
        cpu: said.cpu,
        accel,
        nested: said.nested.unwrap_or(false),
        clock,
    }
}

/// The way out of both.
const LEAST: &str = "leave it out for what the image was installed with, which is the least";

pub(super) fn tpm(rules: &mut Rules<'_>) -> Tpm {
    let said = rules.spec.tpm;
    let there = rules.manifest.is_none_or(|image| image.machine.tpm);
    if said.is_some() && !there {
        let what = "the image was installed without a TPM";
        rules.problem("tpm", what, "leave it out, or install the image with `tpm`");
    }
    match (there, said) {
        (false, _) => Tpm::None,
        (true, None | Some(spec::Tpm::PerInstance)) => Tpm::PerInstance,
        (true, Some(spec::Tpm::PerStart)) => Tpm::PerStart,
    }
}
