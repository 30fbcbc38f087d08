//! What is printed for each check, and the last line.

use std::time::Duration;

use anyhow::Error;

use super::{Check, Counts, Outcome};

/// Lines of a failed check that are shown; the rest is in its log.
const TAIL: usize = 60;
/// Characters of such a line.
const WIDTH: usize = 1000;

/// The last line: other programs read it.
pub(super) fn last_line(counts: Counts) -> String {
    let Counts {
        passed,
        failed,
        skipped,
    } = counts;
    format!("{passed} passed, {failed} failed, {skipped} skipped")
}

/// One check's result, for people, and what it adds to the numbers.
pub(super) fn result(
    check: &Check,
    done: &Result<Outcome, Error>,
    took: Duration,
    log: &str,
) -> (String, Counts) {
    let one = |passed, failed, skipped| Counts {
        passed,
        failed,
        skipped,
    };
    let (word, note, counts) = match done {
        Ok(Outcome::Passed) => ("ok", String::new(), one(1, 0, 0)),
        Ok(Outcome::Counted(all)) if all.failed == 0 => {
            ("ok", format!(" ({})", last_line(*all)), *all)
        }
        Ok(Outcome::Counted(all)) => ("FAILED", format!(" ({})", last_line(*all)), *all),
        Ok(Outcome::Listed { passed, skipped }) => {
            let left_out = u32::try_from(skipped.len()).unwrap_or(u32::MAX);
            let counts = one(*passed, 0, left_out);
            let lines = skipped.iter().map(|what| format!("\n    | skipped {what}"));
            let lines = lines.collect::<Vec<_>>().concat();
            ("ok", format!(" ({}){lines}", last_line(counts)), counts)
        }
        Ok(Outcome::Skipped(why)) => ("skipped", format!(": {why}"), one(0, 0, 1)),
        Err(error) => ("FAILED", format!(": {error:#}"), one(0, 1, 0)),
    };
    let mut text = format!("{word:7} {:32} {:4} s{note}", check.name, took.as_secs());
    if counts.failed > 0 {
        let lines: Vec<&str> = log.lines().collect();
        for line in &lines[lines.len().saturating_sub(TAIL)..] {
            text.push_str("\n    | ");
            text.extend(line.chars().take(WIDTH));
        }
    }
    (text, counts)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    const CHECK: Check = Check {
        name: "tier/name",
        shows: "nothing",
        run: |_| Ok(Outcome::Passed),
    };

    #[test]
    fn a_failed_check_shows_its_reason_and_the_end_of_its_log() {
        let mut lines: Vec<_> = (0..100).map(|n| format!("line {n}")).collect();
        lines[98] = "x".repeat(1_000_000);
        let log = lines.join("\n");
        let (text, counts) = result(&CHECK, &Err(anyhow!("why")), Duration::from_secs(3), &log);
        assert!(text.starts_with("FAILED  tier/name"), "{text}");
        assert!(text.contains("3 s: why\n    | line 40\n"), "{text}");
        assert!(text.ends_with("line 99"), "{text}");
        assert!(text.len() < 3000, "{} bytes", text.len());
        assert_eq!(last_line(counts), "0 passed, 1 failed, 0 skipped");
    }

    #[test]
    fn a_passed_check_says_nothing_of_its_log() {
        let (text, counts) = result(&CHECK, &Ok(Outcome::Passed), Duration::ZERO, "noise");
        assert!(!text.contains("noise"), "{text}");
        assert_eq!(last_line(counts), "1 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn what_of_a_list_was_left_out_is_named() {
        let listed = Outcome::Listed {
            passed: 2,
            skipped: vec!["`a`, for want of KVM".to_owned()],
        };
        let (text, counts) = result(&CHECK, &Ok(listed), Duration::ZERO, "noise");
        assert!(text.contains("(2 passed, 0 failed, 1 skipped)\n"), "{text}");
        assert!(text.ends_with("| skipped `a`, for want of KVM"), "{text}");
        assert_eq!((counts.passed, counts.failed, counts.skipped), (2, 0, 1));
    }

    #[test]
    fn tests_of_other_programs_count_one_by_one() {
        let all = Counts {
            passed: 7,
            failed: 1,
            skipped: 2,
        };
        let (text, counts) = result(&CHECK, &Ok(Outcome::Counted(all)), Duration::ZERO, "");
        assert!(text.starts_with("FAILED"), "{text}");
        assert_eq!(counts, all);
    }
}
