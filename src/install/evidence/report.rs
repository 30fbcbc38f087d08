//! What a person reads of a failed install above its error: in a sandbox the build's log is all
//! that is left, and its last 20 lines are what most people see of it.

use std::fmt::Write as _;

use camino::Utf8Path;

use super::{Evidence, Kept, QMP_LOG, SERIAL_LOG, SETUP};
use crate::manifest::Phase;

/// How many of COM1's last lines are told. With Setup's errors, the screen, the place, the error
/// and its hint it makes less than 20.
const SERIAL_SHOWN: usize = 6;

/// The report, all but the failure itself, which follows it. Empty where no machine ran.
#[must_use]
pub fn report(evidence: &Evidence, kept: Kept, folder: &Utf8Path) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    _ = render(&mut text, evidence, kept, folder);
    text
}

fn render(
    text: &mut String,
    evidence: &Evidence,
    kept: Kept,
    folder: &Utf8Path,
) -> std::fmt::Result {
    let seen = &evidence.seen;
    if !seen.ran {
        return Ok(());
    }
    if seen.serial.is_empty() {
        writeln!(text, "note: nothing was said on COM1")?;
    } else {
        writeln!(text, "note: the last lines on COM1:")?;
        let first = seen.serial.len().saturating_sub(SERIAL_SHOWN);
        for line in &seen.serial[first..] {
            writeln!(text, "  guest: {line}")?;
        }
    }
    setup(text, evidence)?;
    match &seen.picture {
        Some(Ok(picture)) => writeln!(text, "note: the screen: {}", picture.screen)?,
        Some(Err(why)) => writeln!(text, "note: no picture of the screen: {why}")?,
        None => {}
    }
    if !seen.phases.is_empty() {
        let spent = |phase: &Phase| format!("`{}` {} s", phase.name, phase.ms / 1000);
        let phases: Vec<_> = seen.phases.iter().map(spent).collect();
        writeln!(text, "note: it ended after {}", phases.join(", "))?;
    }
    let mut what = format!("`{SERIAL_LOG}`, `{QMP_LOG}`");
    if let Some(Ok(picture)) = &seen.picture {
        write!(what, ", `{}`", picture.file)?;
    }
    if !evidence.setup.logs.is_empty() {
        write!(what, ", Setup's logs in `{SETUP}`")?;
    }
    what += " and more";
    match kept {
        Kept::Folder => writeln!(text, "note: {what} are in `{folder}`"),
        Kept::Output => writeln!(text, "note: {what} are in the output"),
        Kept::Build => writeln!(
            text,
            "note: {what} go with the build's folder: `nix build --keep-failed` keeps it, and \
             building the image's attribute `debug` makes them an output"
        ),
    }
}

/// Setup's errors, or why there are none to see.
fn setup(text: &mut String, evidence: &Evidence) -> std::fmt::Result {
    let setup = &evidence.setup;
    match &setup.errors {
        Some((path, lines)) => {
            writeln!(text, "note: Setup's last errors, in `{path}`:")?;
            for line in lines {
                writeln!(text, "  guest: {line}")?;
            }
        }
        None if !setup.logs.is_empty() => {
            writeln!(text, "note: Setup's logs on the disk hold no errors")?;
        }
        None => {}
    }
    match &setup.unread[..] {
        [] => Ok(()),
        [why] => writeln!(text, "note: Setup's logs: {why}"),
        [why, others @ ..] => {
            let others = others.len();
            writeln!(
                text,
                "note: Setup's logs: {why}, and {others} more that cannot be read"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{expect, expect_file};

    use super::*;
    use crate::failure::{Failure, Story};
    use crate::install::evidence::{Picture, Screen, Seen, SetupLog, SetupLogs};

    fn failure() -> Failure {
        Failure::TimedOut(Story {
            phase: "specialize".into(),
            step: None,
            cause: "the guest program did not say `hello` within 2700 s".into(),
            hint: "`install.deadlines.specializeSec` gives it more time".into(),
        })
    }

    fn full() -> Evidence {
        let line = |n| format!("a line of the guest's, number {n}");
        Evidence {
            seen: Seen {
                ran: true,
                phases: ["firmware", "windowsPE", "specialize"]
                    .map(|name| Phase {
                        name: name.into(),
                        ms: 4200,
                    })
                    .into(),
                serial: (0..12).map(line).collect(),
                picture: Some(Ok(Picture {
                    file: "screen.png".into(),
                    screen: Screen {
                        width: 1024,
                        height: 768,
                        colour: None,
                    },
                })),
                ..Seen::default()
            },
            setup: SetupLogs {
                errors: Some((
                    r"Windows\Panther\setuperr.log".into(),
                    (0..5).map(line).collect(),
                )),
                logs: vec![SetupLog {
                    path: r"Windows\Panther\setuperr.log".into(),
                    bytes: 500,
                }],
                unread: vec![
                    r"`Windows\Logs\CBS\CBS.log`: is compressed".into(),
                    "b".into(),
                ],
            },
        }
    }

    fn whole(evidence: &Evidence, kept: Kept) -> String {
        let failure = failure().report();
        report(evidence, kept, "/tmp/image.work".into()) + &failure
    }

    #[test]
    fn everything_fits_where_people_look() {
        let text = whole(&full(), Kept::Build);
        assert!(text.lines().count() <= 20, "{text}");
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/full.end");
        expect_file![golden].assert_eq(&text);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let evidence = Evidence {
            seen: Seen {
                ran: true,
                picture: Some(Err("QEMU was gone".into())),
                ..Seen::default()
            },
            setup: SetupLogs {
                unread: vec!["the disk is blank".into()],
                ..SetupLogs::default()
            },
        };
        expect![[r"
            note: nothing was said on COM1
            note: Setup's logs: the disk is blank
            note: no picture of the screen: QEMU was gone
            note: `serial.log`, `qmp.jsonl` and more are in `/tmp/image.work`
            error: in phase `specialize`: the guest program did not say `hello` within 2700 s

            hint: `install.deadlines.specializeSec` gives it more time
        "]]
        .assert_eq(&whole(&evidence, Kept::Folder));
        let nothing = report(&Evidence::default(), Kept::Folder, "/tmp/image.work".into());
        assert_eq!(nothing, "");
    }
}
