//! Hears what came on COM1 as an install does: each file is one start of the machine, with a
//! restart behind it, and behind the last one a power-off. Prints what is done about it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use lucarne::guest::{Action, Boot, Course, Input, Limits, Lines, Source, Verdict};
use lucarne::machine::Accel;
use lucarne::qemu::Event;
use lucarne::spec::Bus;

const LIMIT: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    ensure!(!files.is_empty(), "usage: heard COM1…");
    let limits = Limits {
        firmware: LIMIT,
        windows_pe: LIMIT,
        specialize: LIMIT,
        steps: LIMIT,
        settle: LIMIT,
        shutdown: LIMIT,
        total: LIMIT,
        stall: LIMIT,
    };
    let mut course = Course::new(limits, Accel::Tcg, Bus::VirtioScsi);
    let mut done = false;
    let mut hear = |input: Input| {
        for action in course.hear(Duration::from_secs(1), input) {
            done |= action == Action::End(Verdict::Done);
            println!("{action:?}");
        }
    };
    // Setup has done its part.
    hear(Input::Boot(Boot::Starting(Source::Cd)));
    hear(Input::Written(1 << 30));
    hear(Input::Boot(Boot::Starting(Source::Disk)));
    for (number, file) in (1..).zip(&files) {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read `{file}`"))?;
        let mut lines = Lines::default();
        // In pieces, as a socket hands them out.
        for piece in bytes.chunks(61) {
            lines.push(piece, |line| {
                if let Some(input) = Input::of_line(line) {
                    hear(input);
                }
            });
        }
        let reason = "guest-reset".to_owned();
        let end = if number == files.len() {
            Event::Shutdown {
                guest: true,
                reason: "guest-shutdown".to_owned(),
            }
        } else {
            Event::Reset {
                guest: true,
                reason,
            }
        };
        hear(Input::Qemu(end));
    }
    Ok(if done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
