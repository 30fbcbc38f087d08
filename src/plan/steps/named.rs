//! Which step a problem is of, for people. The list that a path counts in is flat, and Nix makes
//! it of nested ones, of the catalogue's, and of arguments of other names: a number tells little.

use super::texts::NAME_MAX;
use crate::plan::rules::wrong_text;
use crate::problem::{Problem, operand};
use crate::spec::Step;

/// A name that is further away leads nowhere.
const NEAR: usize = 9;

/// Adds to each problem of a step the name that the spec has for it or, where it has none, for the
/// one before. `indices` are the places of `steps` in the list that was written.
pub(in crate::plan) fn named(problems: &mut [Problem], steps: &[Step], indices: &[usize]) {
    let names: Vec<(usize, &str)> = indices
        .iter()
        .zip(steps)
        .filter_map(|(index, step)| Some((*index, step.name.as_deref()?)))
        .filter(|(_, name)| wrong_text(name, NAME_MAX).is_none())
        .collect();
    for problem in problems {
        let Some(place) = place(&problem.at) else {
            continue;
        };
        let until = names.partition_point(|(index, _)| *index <= place);
        let Some((index, name)) = until.checked_sub(1).and_then(|last| names.get(last)) else {
            continue;
        };
        let of = match place - index {
            0 => format!("step {}", operand(name)),
            1 => format!("1 step after {}", operand(name)),
            count @ 2..=NEAR => format!("{count} steps after {}", operand(name)),
            _ => continue,
        };
        problem.what = format!("{} ({of})", problem.what);
    }
}

/// The place of the step that a path lies in.
fn place(at: &str) -> Option<usize> {
    let (place, _) = at.strip_prefix("steps[")?.split_once(']')?;
    place.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::named;
    use crate::problem::Problem;
    use crate::spec::Step;

    #[test]
    fn problems_name_their_step_or_the_one_before() {
        let step = |name: Option<&str>| Step {
            name: name.map(str::to_owned),
            ..Step::default()
        };
        // The third of the list could not be read.
        let steps = [
            step(None),
            step(Some("A")),
            step(Some(" ")),
            step(Some("B")),
        ];
        let paths = [
            "steps[0].cmd",
            "steps[1].cmd.text",
            "steps[2]",
            "steps[3].check",
            "steps[4]",
            "steps[14]",
            "steps",
            "users.a",
        ];
        let mut problems = paths.map(|at| Problem::new(at, "is wrong"));
        named(&mut problems, &steps, &[0, 1, 3, 4]);
        assert_eq!(
            problems.map(|problem| problem.what),
            [
                "is wrong",
                "is wrong (step `A`)",
                "is wrong (1 step after `A`)",
                "is wrong (2 steps after `A`)",
                "is wrong (step `B`)",
                "is wrong",
                "is wrong",
                "is wrong",
            ]
        );
    }
}
