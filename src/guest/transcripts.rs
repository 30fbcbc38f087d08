//! Recorded runs, played without a clock: `tests/transcripts/NAME.transcript` gives
//! `NAME.actions`, and where it fails `NAME.end`: what the log of a build in a sandbox ends with.
//!
//! A transcript's lines are `TIME KIND REST`, the time in seconds: `serial` (a line on COM1 as the
//! guest wrote it), `qmp` (a message of QEMU's), `status` (QEMU's state after a stop), `written`
//! (bytes on the disk), `cd-read` (bytes of the CD), `exited` (QEMU's last words), `wait` (nothing
//! until then). First come `set KEY VALUE` lines. Between the lines a tick every two seconds goes
//! in, as it does for real.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::install::evidence::{Evidence, Kept, Seen, report};
use crate::machine::Accel;
use crate::manifest;
use crate::qemu::Event;
use crate::spec::Bus;

const TICK: Duration = Duration::from_secs(2);

struct Player<F> {
    course: Course,
    tail: Tail,
    now: Duration,
    lines: Lines,
    each: F,
}

impl<F: FnMut(Duration, &Input, &[Action])> Player<F> {
    fn hear(&mut self, input: &Input) {
        let actions = self.course.hear(self.now, input.clone());
        (self.each)(self.now, input, &actions);
    }

    /// Ticks go in until a time.
    fn advance(&mut self, to: Duration) {
        assert!(to >= self.now, "times go forward");
        while self.now + TICK < to {
            self.now += TICK;
            self.hear(&Input::Tick);
        }
        self.now = to;
    }

    fn play(&mut self, kind: &str, rest: &str) {
        match kind {
            "serial" => {
                let mut heard = Vec::new();
                // The quoted form of Rust's, so that a transcript can hold any byte.
                let bytes = rest.replace("\\x1b", "\u{1b}") + "\r\n";
                let tail = &mut self.tail;
                self.lines.push(bytes.as_bytes(), |line| {
                    tail.push(line);
                    heard.extend(Input::of_line(line));
                });
                for input in heard {
                    self.hear(&input);
                }
            }
            "qmp" => {
                let message = serde_json::from_str(rest).expect("a QMP message");
                self.hear(&Input::Qemu(Event::read(&message).expect("an event")));
            }
            "status" => self.hear(&Input::Stopped(rest.into())),
            "written" => self.hear(&Input::Written(rest.parse().expect("bytes"))),
            "cd-read" => self.hear(&Input::CdRead(rest.parse().expect("bytes"))),
            "exited" => self.hear(&Input::Exited(rest.into())),
            "wait" => self.hear(&Input::Tick),
            other => panic!("no such kind: {other}"),
        }
    }
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Done => "done".into(),
        Verdict::Guest(story) => format!("guest failed\n{story}"),
        Verdict::TimedOut(story) => format!("timed out\n{story}"),
        Verdict::Kvm(text) => format!("KVM: {text}"),
        Verdict::Host(story) => format!("host failed\n{story}"),
    }
}

/// How a run went, and what is said last where it did not end well.
fn play(transcript: &str) -> (String, Option<String>) {
    let mut out = String::new();
    let mut seen = Seen {
        ran: true,
        ..Seen::default()
    };
    let mut failure = None;
    let tail = replay(transcript, |now, _, actions| {
        for action in actions {
            let now = now.as_secs_f64();
            match action {
                Action::Enter(phase) => {
                    seen.phases.push(manifest::Phase {
                        name: phase.as_str().into(),
                        ms: 60_000,
                    });
                    writeln!(out, "{now} enter {phase}")
                }
                Action::Note(text) => writeln!(out, "{now} note {text}"),
                Action::Warn(text) => writeln!(out, "{now} warn {text}"),
                Action::Look => writeln!(out, "{now} look at the screen"),
                Action::EmptyCds => writeln!(out, "{now} empty both CDs"),
                Action::PressKeys => writeln!(out, "{now} press keys"),
                Action::StopKeys => writeln!(out, "{now} stop pressing keys"),
                Action::End(verdict) => {
                    failure = crate::install::judge(verdict.clone()).err();
                    writeln!(out, "{now} end {}", told(verdict))
                }
            }
            .expect("writing to a string");
        }
    });
    seen.serial = tail.lines();
    let evidence = Evidence {
        seen,
        ..Evidence::default()
    };
    let report = report(&evidence, Kept::Build, "/build/work".into());
    (out, failure.map(|failure| report + &failure.report()))
}

/// Plays a transcript to whoever wants to know what was heard and what came of it, and gives the
/// last lines on COM1.
pub(crate) fn replay(transcript: &str, each: impl FnMut(Duration, &Input, &[Action])) -> Tail {
    let sec = Duration::from_secs;
    let mut limits = Limits {
        firmware: sec(120),
        windows_pe: sec(2700),
        specialize: sec(2700),
        steps: sec(3600),
        settle: sec(1800),
        shutdown: sec(600),
        total: sec(14400),
        stall: sec(600),
    };
    let (mut accel, mut bus, mut keys) = (Accel::Tcg, Bus::VirtioScsi, false);
    let mut layer = false;
    let lines = transcript
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (settings, entries): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("set "));
    for setting in settings {
        match setting.split(' ').collect::<Vec<_>>()[1..] {
            ["accel", "kvm"] => accel = Accel::Kvm,
            ["bus", "sata"] => bus = Bus::Sata,
            ["keys", "needed"] => keys = true,
            ["course", "layer"] => layer = true,
            ["steps", value] => limits.steps = sec(value.parse().expect("seconds")),
            ["total", value] => limits.total = sec(value.parse().expect("seconds")),
            _ => panic!("no such setting: {setting}"),
        }
    }
    let mut course = Course::new(limits, accel, bus);
    if keys {
        course = course.with_keys();
    }
    if layer {
        course = course.of_layer();
    }
    let mut player = Player {
        course,
        tail: Tail::default(),
        now: Duration::ZERO,
        lines: Lines::default(),
        each,
    };
    for entry in entries {
        let mut words = entry.splitn(3, ' ');
        let time: f64 = words.next().expect("a time").parse().expect("a time");
        player.advance(Duration::from_secs_f64(time));
        player.play(
            words.next().expect("a kind"),
            words.next().unwrap_or_default(),
        );
    }
    player.tail
}

#[test]
fn every_transcript_ends_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "transcript")
        {
            let text = std::fs::read_to_string(&path).expect("a transcript");
            let (actions, end) = play(&text);
            expect_test::expect_file![path.with_extension("actions")].assert_eq(&actions);
            if let Some(end) = end {
                assert!(end.lines().count() <= 20, "{end}");
                let hinted = end.lines().any(|line| line.starts_with("hint: "));
                assert!(hinted, "and what to do? {end}");
                expect_test::expect_file![path.with_extension("end")].assert_eq(&end);
            }
            played += 1;
        }
    }
    assert!(played >= 12, "only {played} transcripts were found");
}
