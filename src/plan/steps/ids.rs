//! What steps are called.

use lucarne_protocol::{GENERALIZE, SCRUB, SETTLE, START, is_of_start};

use super::remote::{DESKTOP, MANAGEMENT};
use crate::plan::rules::Rules;
use crate::problem::{Problem, element, operand};
use crate::spec::Step;

/// With `lucarne/payload/` before it and a file's name behind, what Joliet allows a path.
const MAX: usize = 40;

/// Ids of what is done besides, whose they are, and what to do.
const OWN: [(&str, &str, &str); 8] = [
    (
        super::GUEST_AGENT,
        "the step of every image",
        "choose another; `defaults.guestAgent = false` leaves that step out",
    ),
    (DESKTOP.by_hand, OF_REMOTE_DESKTOP, "choose another"),
    (DESKTOP.begin, OF_REMOTE_DESKTOP, "choose another"),
    (MANAGEMENT.by_hand, OF_REMOTE_MANAGEMENT, "choose another"),
    (MANAGEMENT.begin, OF_REMOTE_MANAGEMENT, "choose another"),
    (SCRUB, OF_END, "choose another"),
    (SETTLE, OF_END, "choose another"),
    (GENERALIZE, OF_END, "choose another"),
];
const OF_END: &str = "a part of each build's end";
const OF_REMOTE_DESKTOP: &str = "a step of `remoteDesktop.enable`";
const OF_REMOTE_MANAGEMENT: &str = "a step of `remoteManagement`";

/// The id of each step, those that nobody said made from the kind and the place in the list.
pub(super) fn ids(rules: &mut Rules<'_>, steps: &[Step], indices: &[usize]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for (step, index) in steps.iter().zip(indices) {
        let id = match &step.id {
            Some(id) => {
                said(rules, &format!("{}.id", element("steps", *index)), id);
                id.clone()
            }
            None => made(step, *index),
        };
        ids.push(id);
    }
    for (here, id) in ids.iter().enumerate() {
        if is_of_start(id) {
            let at = format!("{}.id", element("steps", indices[here]));
            let what = format!(
                "{} begins with `{START}`, as what a machine's start",
                operand(id)
            );
            let what = format!("{what} does beside its steps");
            rules.problem(Problem::new(at, what).hint("choose another"));
        }
        if let Some((_, what, hint)) = OWN.iter().find(|own| id.eq_ignore_ascii_case(own.0)) {
            let at = format!("{}.id", element("steps", indices[here]));
            let what = format!("{} is what {what} is called", operand(id));
            rules.problem(Problem::new(at, what).hint(*hint));
        }
        let same = |other: &String| other.eq_ignore_ascii_case(id);
        let Some(first) = ids[..here].iter().position(same) else {
            continue;
        };
        // The one that somebody said is the one to change.
        let (told, other) = match steps[here].id {
            Some(_) => (here, first),
            None => (first, here),
        };
        let at = format!("{}.id", element("steps", indices[told]));
        let what = format!("{} is what {} is called", operand(id), {
            operand(&element("steps", indices[other]))
        });
        let hint = "choose another, or leave it out; Windows does not tell upper and lower case \
                    apart in names of folders";
        rules.problem(Problem::new(at, what).hint(hint));
    }
    ids
}

fn said(rules: &mut Rules<'_>, at: &str, id: &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let what = if id.is_empty() {
        "is empty".to_owned()
    } else if id.len() > MAX {
        format!("has {} bytes, more than {MAX}", id.len())
    } else if let Some(bad) = id.chars().find(|c| !fits(*c)) {
        format!("has {}", operand(&bad.to_string()))
    } else if !id.starts_with(|c: char| c.is_ascii_alphanumeric()) || id.ends_with('.') {
        format!(
            "{} begins with no letter or digit, or ends with `.`",
            operand(id)
        )
    } else if super::paths::is_device(id) {
        format!("{} is a device's name", operand(id))
    } else {
        return;
    };
    let hint = format!("1 to {MAX} letters, digits and `-._` make an id");
    rules.problem(Problem::new(at, what).hint(hint));
}

fn made(step: &Step, index: usize) -> String {
    let kind = super::kinds(step).first().copied().unwrap_or("reboot");
    format!("{kind}-{}", index + 1)
}
