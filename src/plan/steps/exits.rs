//! Rules of exit codes.

use lucarne_protocol::step::ExitCodes;

use super::desk::Desk;
use super::phases::no_restart;
use crate::problem::attribute;
use crate::spec::step;

/// `ERROR_SUCCESS_REBOOT_REQUIRED` and `ERROR_SUCCESS_REBOOT_INITIATED`, by which Windows Installer
/// and those that follow its convention ask for a restart.
const REQUIRED: i64 = 3010;
const INITIATED: i64 = 1641;
/// Windows keeps 32 bits, which some write with a sign.
const LEAST: i64 = i32::MIN as i64;
const MOST: i64 = u32::MAX as i64;
const COUNT_MAX: usize = 64;

/// What a program's exit codes mean.
pub(super) fn of_program(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: Option<&step::ExitCodes>,
) -> ExitCodes {
    let usual = if no_restart(desk.place.phase).is_some() {
        // What it asks for comes anyway, or cannot be had.
        (vec![0, REQUIRED], vec![])
    } else {
        (vec![0], vec![REQUIRED, INITIATED])
    };
    judged(desk, at, said, usual)
}

/// What a script's mean.
pub(super) fn of_script(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: Option<&step::ExitCodes>,
) -> ExitCodes {
    judged(desk, at, said, (vec![0], vec![]))
}

fn judged(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: Option<&step::ExitCodes>,
    (success, reboot): (Vec<i64>, Vec<i64>),
) -> ExitCodes {
    let at = attribute(at, "exitCodes");
    let said = said.cloned().unwrap_or_default();
    let may_not = no_restart(desk.place.phase);
    if let (Some(why), Some([_, ..])) = (may_not, said.reboot.as_deref()) {
        let hint = "leave it out, or choose the phase `system`";
        desk.problem(&attribute(&at, "reboot"), why, hint);
    }
    let no_reboot = said.reboot.as_deref().is_none_or(<[i64]>::is_empty);
    if said.success.as_deref() == Some(&[]) && no_reboot {
        let hint = "leave it out: 0 is done";
        desk.problem(
            &attribute(&at, "success"),
            "is empty: nothing is done",
            hint,
        );
    }
    let said_success = said
        .success
        .map(|codes| list(desk, &attribute(&at, "success"), &codes));
    let said_reboot = said
        .reboot
        .map(|codes| list(desk, &attribute(&at, "reboot"), &codes));
    let mut codes = ExitCodes {
        success: said_success.clone().unwrap_or(success),
        reboot: said_reboot.clone().unwrap_or(reboot),
    };
    // One list that was said takes its codes out of the other's usual ones.
    match (&said_success, &said_reboot) {
        (Some(success), None) => codes.reboot.retain(|code| !success.contains(code)),
        (None, Some(reboot)) => codes.success.retain(|code| !reboot.contains(code)),
        (Some(success), Some(reboot)) => {
            if let Some(code) = success.iter().find(|code| reboot.contains(code)) {
                let what = format!("{code} means two things");
                desk.problem(&at, what, "leave it in one of the lists");
            }
        }
        (None, None) => {}
    }
    codes
}

fn list(desk: &mut Desk<'_, '_>, at: &str, codes: &[i64]) -> Vec<i64> {
    let paths = desk.elements(at, codes, COUNT_MAX);
    let mut found = Vec::new();
    for (code, at) in codes.iter().zip(paths) {
        if (LEAST..=MOST).contains(code) {
            // The guest program reads them without a sign.
            let code = code.rem_euclid(1 << 32);
            if found.contains(&code) {
                let what = format!("{code} is there twice");
                desk.problem(&at, what, "leave one of them out");
            }
            found.push(code);
        } else {
            let what = format!("{code} is no exit code of 32 bits");
            let hint = "from -2147483648 to 4294967295, such as 0 or 3010";
            desk.problem(&at, what, hint);
        }
    }
    found
}
