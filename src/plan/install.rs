//! Rules of the machine that installs, and of how long it may take.

use crate::plan::disk::wants;
use crate::plan::findings::Findings;
use crate::plan::minimum::{self, checks_hardware};
use crate::plan::rules::Rules;
use crate::plan::{Deadlines, Defaults, Install, LayerMachine, Machine};
use crate::problem::{Problem, operand};
use crate::spec::{Accel, Check, Compression, Spec};
use crate::time;
use crate::windows_iso::Image;

/// What q35 takes without an interrupt remapper.
pub(crate) const CORES_MAX: u32 = 255;
/// What Microsoft names for Windows 11.
const MEMORY_MIB_WINDOWS_11: u64 = 4096;
/// With the check bypassed one may try.
const MEMORY_MIB_BYPASSED: u64 = 1024;
pub(crate) const MEMORY_MIB_MAX: u64 = 1 << 20;
/// The longest of QEMU's has 25 bytes.
const CPU_MODEL_MAX: usize = 64;
/// As much as the largest disk of an image has.
const SPARE_MIB_MAX: u64 = 16 << 20;
/// A week: nothing that anybody waits for.
const SECONDS_MAX: u64 = 7 * 24 * 3600;
/// The year of Windows 10's release, 2015; before it its certificates are not valid.
const CLOCK_MIN: u64 = 1_420_070_400;
/// The last second of 2099: the hardware clock has two digits for the year.
const CLOCK_MAX: u64 = 4_102_444_799;

/// The machine.
pub(super) fn machine(rules: &mut Rules<'_>, image: &Image) -> Machine {
    let said = rules.spec.machine.clone().unwrap_or_default();
    let cores = said.cores.unwrap_or(4);
    let memory_mib = said.memory_mib.unwrap_or(4096);
    let two = wants(rules, image, Check::Cpu);
    let cores_min = if two { 2 } else { 1 };
    if !(cores_min..=CORES_MAX).contains(&cores) {
        let what = format!("{cores} is not from {cores_min} to {CORES_MAX}");
        let hint = if two {
            "4 are right for most; `bypassChecks` with `cpu` lets Windows 11 have 1"
        } else {
            "4 are right for most"
        };
        let problem = Problem::new("machine.cores", what).hint(hint);
        rules.problem_of(&["bypassChecks", "edition"], problem);
    }
    let checked = wants(rules, image, Check::Ram);
    let mut bypassed = rules.spec.bypass_checks.iter().flatten();
    // A check that no Setup makes cannot be passed over; what was not read may make it.
    let may_check = checks_hardware(image) || !rules.image_found;
    let least = if checked {
        MEMORY_MIB_WINDOWS_11
    } else if may_check && bypassed.any(|check| *check == Check::Ram) {
        MEMORY_MIB_BYPASSED
    } else {
        minimum::of(image).memory_mib
    };
    if !(least..=MEMORY_MIB_MAX).contains(&memory_mib) {
        let what = format!("{memory_mib} MiB is not from {least} to {MEMORY_MIB_MAX} MiB");
        let hint = if checked {
            "it is in MiB: 8 GiB are 8192; `bypassChecks` with `ram` allows less"
        } else {
            "it is in MiB: 8 GiB are 8192"
        };
        let problem = Problem::new("machine.memoryMib", what).hint(hint);
        rules.problem_of(&["bypassChecks", "edition"], problem);
    }
    cpu(rules, said.cpu.as_deref());
    Machine {
        cores,
        memory_mib,
        cpu: said.cpu,
    }
}

/// The machine of a layer, as far as it is known before its base is.
pub(super) fn layer_machine(rules: &mut Rules<'_>) -> LayerMachine {
    let said = rules.spec.machine.clone().unwrap_or_default();
    let range = 1..=CORES_MAX;
    if let Some(cores) = said.cores.filter(|cores| !range.contains(cores)) {
        let what = format!("{cores} is not from 1 to {CORES_MAX}");
        let hint = "leave it out for as many as the base was installed with";
        rules.problem(Problem::new("machine.cores", what).hint(hint));
    }
    let range = MEMORY_MIB_BYPASSED..=MEMORY_MIB_MAX;
    if let Some(mib) = said.memory_mib.filter(|mib| !range.contains(mib)) {
        let what = format!("{mib} MiB is not from {MEMORY_MIB_BYPASSED} to {MEMORY_MIB_MAX} MiB");
        let hint = "it is in MiB; leave it out for as much as the base was installed with";
        rules.problem(Problem::new("machine.memoryMib", what).hint(hint));
    }
    cpu(rules, said.cpu.as_deref());
    LayerMachine {
        cores: said.cores,
        memory_mib: said.memory_mib,
        cpu: said.cpu,
    }
}

/// The CPU model of a machine that installs.
fn cpu(rules: &mut Rules<'_>, cpu: Option<&str>) {
    let install = rules.spec.install.as_ref();
    let accel = install.and_then(|install| install.accel);
    cpu_model(rules, cpu, accel, "install.accel");
}

/// A CPU model, and what runs it, which the option at a path says.
pub(crate) fn cpu_model(
    rules: &mut Findings<'_>,
    cpu: Option<&str>,
    accel: Option<Accel>,
    accel_at: &str,
) {
    if let Some(cpu) = cpu.filter(|cpu| !is_cpu_model(cpu)) {
        let what = format!("{} is no CPU model", operand(cpu));
        let hint = "such as `host` or `Skylake-Client`; `qemu-system-x86_64 -cpu help` lists them";
        rules.problem(Problem::new("machine.cpu", what).hint(hint));
    }
    if cpu == Some("host") && accel == Some(Accel::Tcg) {
        let problem = Problem::new(
            "machine.cpu",
            "`host` is a model of KVM's, and not of TCG's",
        )
        .hint(format!("leave it out, or set `{accel_at}` to `kvm`"));
        rules.problem_of(&[accel_at], problem);
    }
}

/// Whether a text can be the name of a CPU model. A comma would begin a switch, which the machine
/// sets itself; `help` makes QEMU list the models and end well, without a machine.
fn is_cpu_model(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    (1..=CPU_MODEL_MAX).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(fits)
        && !text.eq_ignore_ascii_case("help")
}

/// The switches, each on unless it was said otherwise.
pub(super) fn defaults(rules: &mut Rules<'_>, image: &Image) -> Defaults {
    let said = rules.spec.defaults.clone().unwrap_or_default();
    Defaults {
        guest_agent: guest_agent(rules, image, said.guest_agent),
        prevent_device_encryption: said.prevent_device_encryption.unwrap_or(true),
        real_time_is_universal: said.real_time_is_universal.unwrap_or(true),
        no_hibernation: said.no_hibernation.unwrap_or(true),
        online_all_disks: said.online_all_disks.unwrap_or(true),
        passwords_never_expire: said.passwords_never_expire.unwrap_or(true),
        display_always_on: said.display_always_on.unwrap_or(true),
        shutdown_without_logon: said.shutdown_without_logon.unwrap_or(true),
    }
}

/// Whether QEMU's guest agent is installed: where virtio-win's ISO has it, unless it was said.
fn guest_agent(rules: &mut Rules<'_>, image: &Image, said: Option<bool>) -> bool {
    let there = match rules.facts.virtio_win {
        Some(iso) => iso.guest_agent.is_some(),
        // Not read, so nothing is known to be missing.
        None => rules.spec.virtio_win_iso.is_some(),
    };
    let there = there && image.architecture == "amd64";
    if said == Some(true) && !there {
        let what = "is on virtio-win's ISO, and there is none that has it";
        let hint = "give a virtio-win ISO with `guest-agent/qemu-ga-x86_64.msi`, or leave it out";
        let problem = Problem::new("defaults.guestAgent", what).hint(hint);
        rules.problem_of(&["virtioWinIso"], problem);
    }
    there && said != Some(false)
}

/// How the sealed disk is compressed.
pub(super) fn compression(spec: &Spec) -> Compression {
    let said = spec.seal.as_ref().and_then(|seal| seal.compression);
    said.unwrap_or(Compression::Zstd)
}

/// How the install runs.
pub(super) fn install(rules: &mut Rules<'_>) -> Install {
    let said = rules.spec.install.clone().unwrap_or_default();
    let deadlines = deadlines(rules);
    let whole = deadlines.total_sec.min(SECONDS_MAX);
    // What nobody said is never the mistake: it follows a short deadline.
    let stall_sec = said.stall_sec.unwrap_or_else(|| whole.clamp(1, 600));
    if said.stall_sec.is_some() && !(1..=whole).contains(&stall_sec) {
        let what = format!("{stall_sec} s is not from 1 s to the whole install's deadline");
        let hint = "a warning after that could never come; 600 are right for most";
        let problem = Problem::new("install.stallSec", what).hint(hint);
        rules.problem_of(&["install.deadlines.totalSec"], problem);
    }
    let spare_space_mib = said.spare_space_mib.unwrap_or(1024);
    if spare_space_mib > SPARE_MIB_MAX {
        let what = format!("{spare_space_mib} MiB is above {SPARE_MIB_MAX} MiB");
        let hint = "it is in MiB, and comes on top of what the install itself needs";
        rules.problem(Problem::new("install.spareSpaceMib", what).hint(hint));
    }
    Install {
        accel: said.accel.unwrap_or(Accel::Kvm),
        deadlines,
        stall_sec,
        clock: said
            .clock
            .map(|clock| self::clock(rules, "install.clock", &clock)),
        spare_space_mib,
        beacon: false,
    }
}

fn deadlines(rules: &mut Rules<'_>) -> Deadlines {
    let said = rules.spec.install.clone().unwrap_or_default();
    let said = said.deadlines.unwrap_or_default();
    let deadlines = Deadlines {
        firmware_sec: said.firmware_sec.unwrap_or(120),
        windows_pe_sec: said.windows_pe_sec.unwrap_or(2700),
        specialize_sec: said.specialize_sec.unwrap_or(2700),
        steps_sec: said.steps_sec.unwrap_or(3600),
        shutdown_sec: said.shutdown_sec.unwrap_or(600),
        settle_sec: said.settle_sec.unwrap_or(1800),
        total_sec: said.total_sec.unwrap_or(14400),
    };
    let total = "install.deadlines.totalSec";
    let mut longest = 0;
    for (field, seconds) in [
        ("firmwareSec", deadlines.firmware_sec),
        ("windowsPESec", deadlines.windows_pe_sec),
        ("specializeSec", deadlines.specialize_sec),
        ("stepsSec", deadlines.steps_sec),
        ("shutdownSec", deadlines.shutdown_sec),
        ("settleSec", deadlines.settle_sec),
        ("totalSec", deadlines.total_sec),
    ] {
        if !(1..=SECONDS_MAX).contains(&seconds) {
            let what = format!("{seconds} s is not from 1 to {SECONDS_MAX} s");
            let problem = Problem::new(format!("install.deadlines.{field}"), what);
            rules.problem(problem.hint("it is in seconds as with KVM; TCG gets a multiple"));
        } else if field != "totalSec" {
            longest = longest.max(seconds);
        }
    }
    let whole = deadlines.total_sec;
    if (1..longest).contains(&whole) {
        let what = format!("{whole} s is below the {longest} s that one phase may take");
        let problem = Problem::new(total, what).hint("raise it, or lower the phase's");
        rules.problem_of(&["install.deadlines"], problem);
    }
    deadlines
}

/// The clock's start, in the one form that is passed on.
pub(crate) fn clock(rules: &mut Findings<'_>, at: &str, text: &str) -> String {
    let text = text.replace("+00:00", "Z");
    match time::parse(&text) {
        None => {
            let what = format!("{} is no time in UTC", operand(&text));
            rules.problem(Problem::new(at, what).hint("such as `2026-01-31T12:00:00Z`"));
        }
        Some(time) if time < CLOCK_MIN => {
            let what = format!("{} is before Windows 10's time", operand(&text));
            let hint = "its certificates are not valid yet; leave it out for the host's clock";
            rules.problem(Problem::new(at, what).hint(hint));
        }
        Some(time) if time > CLOCK_MAX => {
            let what = format!("{} is after 2099", operand(&text));
            let hint = "the hardware clock ends there; leave it out for the host's clock";
            rules.problem(Problem::new(at, what).hint(hint));
        }
        Some(_) => {
            let what = "evaluation periods count from it, and certificates are judged by it";
            rules.warn(Problem::new(at, what).hint("leave it out for the host's clock"));
        }
    }
    text
}
