//! Rules of when steps are done, and how long they may take.

use lucarne_protocol::step::{Action, ExitCodes, Phase, Step};

use super::desk::Desk;
use crate::plan::Purpose;
use crate::problem::{Problem, attribute};
use crate::spec::{self, step};

/// What installs something has half an hour, which slow installers need.
const LONG_SEC: u64 = 1800;
const SHORT_SEC: u64 = 600;
/// A start of a machine that takes longer is none.
const BOOT_SEC_MAX: u64 = 3600;
const LONG: [&str; 9] = [
    "appx",
    "capability",
    "cmd",
    "driver",
    "feature",
    "msi",
    "msix",
    "powerShell",
    "program",
];

/// The phase of a step.
pub(super) fn phase(desk: &mut Desk<'_, '_>, at: &str, said: &spec::Step) -> Phase {
    let phase = match said.phase {
        Some(step::Phase::Specialize) => Phase::Specialize,
        Some(step::Phase::Session) => Phase::Session,
        None | Some(step::Phase::System) => Phase::System,
        Some(step::Phase::Boot) => Phase::Boot,
    };
    let in_layer = desk.rules.facts.purpose == Purpose::Layer;
    let why = match phase {
        Phase::Session => "nobody logs on while a layer is built",
        Phase::Specialize => "a layer's Windows is installed already",
        Phase::System | Phase::Boot => return phase,
    };
    if in_layer {
        let hint = "make it a step of the image, or of the phase `system`";
        desk.problem(&attribute(at, "phase"), why, hint);
    }
    phase
}

/// How long a step may take, in seconds.
pub(super) fn timeout(desk: &mut Desk<'_, '_>, at: &str, said: &spec::Step, kind: &str) -> u32 {
    let deadlines = desk.decided.install.deadlines;
    let (most, option) = match desk.place.phase {
        Phase::Specialize => (deadlines.specialize_sec, "install.deadlines.specializeSec"),
        Phase::Session | Phase::System => (deadlines.steps_sec, "install.deadlines.stepsSec"),
        Phase::Boot => (BOOT_SEC_MAX, ""),
    };
    let usual = if LONG.contains(&kind) {
        LONG_SEC
    } else {
        SHORT_SEC
    };
    let seconds = said.timeout_sec.unwrap_or(usual.min(most));
    if said.timeout_sec.is_some() && !(1..=most).contains(&seconds) {
        let what = format!("{seconds} s is not from 1 to {most} s");
        let hint = match option {
            "" => "a machine that starts waits for it".to_owned(),
            option => format!("the phase ends then; `{option}` makes it longer"),
        };
        let problem = Problem::new(attribute(at, "timeoutSec"), what).hint(hint);
        let others: &[&str] = if option.is_empty() { &[] } else { &[option] };
        desk.rules.problem_of(others, problem);
    }
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// Whether Windows restarts after a step.
pub(super) fn reboot(desk: &mut Desk<'_, '_>, at: &str, said: &spec::Step) -> bool {
    let reboot = said.reboot.unwrap_or(false);
    if reboot && let Some(why) = no_restart(desk.place.phase) {
        let hint = "leave it out, or choose the phase `system`";
        desk.problem(&attribute(at, "reboot"), why, hint);
    }
    reboot
}

/// Why there are no restarts in a phase.
pub(super) fn no_restart(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Specialize => Some("Setup restarts by itself after the specialize pass, not in it"),
        Phase::Boot => Some("would restart the machine at each start, for ever"),
        Phase::Session | Phase::System => None,
    }
}

/// Whether Windows may restart because of a step.
pub(super) fn may_restart(step: &Step) -> bool {
    let exits = |codes: &ExitCodes| !codes.reboot.is_empty();
    step.reboot
        || match &step.action {
            Action::Program(program) => exits(&program.exit_codes),
            Action::Msi(msi) => exits(&msi.exit_codes),
            Action::PowerShell(script) | Action::Cmd(script) => exits(&script.exit_codes),
            // dism and pnputil ask for it by 3010.
            Action::Reboot
            | Action::Msix(_)
            | Action::Feature(_)
            | Action::Capability(_)
            | Action::Driver(_) => true,
            _ => false,
        }
}
