//! Machines' lives, played without a clock: `tests/instance/NAME.transcript` gives `NAME.acts`.
//!
//! A transcript's lines are `TIME KIND REST`, the time in seconds: `serial` (a line on COM1),
//! `qmp` (a message of QEMU's), `status` (QEMU's state after a stop), `exited` (QEMU's last
//! words), `lost` (a process beside QEMU), `signal` (its number), `stop` (with or without a
//! time in seconds), `kill`, `reset`, and `wait` (nothing until then). First come `set KEY
//! VALUE` lines. Between the lines a tick every second goes in, as it does for real; after an
//! end that is another start, the course goes on.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::guest::Lines;

const TICK: Duration = Duration::from_secs(1);

struct Player {
    course: Course,
    now: Duration,
    lines: Lines,
    out: String,
    ended: bool,
}

impl Player {
    fn hear(&mut self, heard: &Heard) {
        assert!(!self.ended, "it goes on after its end:\n{}", self.out);
        for act in self.course.hear(self.now, heard) {
            // Said over and over while a machine starts; `start.rs` tests when.
            if act == Do::Extend {
                continue;
            }
            let now = self.now.as_secs_f64();
            let told = match act {
                Do::Enter(phase) => format!("enter {}", phase.as_str()),
                Do::Eject => "take the config CD out".into(),
                Do::Insert => "put the config CD back".into(),
                Do::Restarted => "count a restart".into(),
                Do::EndAtRestart => "a restart ends QEMU from now on".into(),
                Do::Ask => "ask Windows to shut down".into(),
                Do::Extend => unreachable!("it is passed over"),
                Do::Continue => "let it go on".into(),
                Do::Quit => "tell QEMU to end".into(),
                Do::CutPower(why) => format!("cut the power: {why}"),
                Do::Note(text) => format!("note {text}"),
                Do::Warn(text) => format!("warn {text}"),
                Do::Trouble(Some(text)) => format!("trouble {text}"),
                Do::Trouble(None) => "no trouble".into(),
                Do::End(end) => {
                    self.ended = end != End::Again;
                    format!("end {}", told(&end))
                }
            };
            writeln!(self.out, "{now} {told}").expect("writing to a string");
            if told == "end again" {
                self.course.again(self.now);
                return;
            }
        }
    }

    /// Ticks go in until a time, or the end.
    fn advance(&mut self, to: Duration) {
        assert!(to >= self.now, "times go forward");
        while self.now + TICK < to && !self.ended {
            self.now += TICK;
            self.hear(&Heard::Machine(Input::Tick));
        }
        self.now = to;
    }

    fn play(&mut self, kind: &str, rest: &str) {
        let machine = |input| Heard::Machine(input);
        match kind {
            "serial" => {
                let mut heard = Vec::new();
                let bytes = format!("{rest}\r\n");
                self.lines.push(bytes.as_bytes(), |line| {
                    heard.extend(Input::of_line(line));
                });
                for input in heard {
                    self.hear(&machine(input));
                }
            }
            "qmp" => {
                let message = serde_json::from_str(rest).expect("a QMP message");
                self.hear(&machine(Input::Qemu(
                    Event::read(&message).expect("an event"),
                )));
            }
            "status" => self.hear(&machine(Input::Stopped(rest.into()))),
            "exited" => self.hear(&machine(Input::Exited(rest.into()))),
            "lost" => self.hear(&Heard::Lost(rest.into())),
            "signal" => self.hear(&Heard::Signal(rest.parse().expect("a number"))),
            "stop" => {
                let within = rest.parse().ok().map(Duration::from_secs);
                self.hear(&Heard::Stop(within));
            }
            "kill" => self.hear(&Heard::Kill),
            "reset" => self.hear(&Heard::Reset),
            "wait" => {}
            other => panic!("no such kind: {other}"),
        }
    }
}

fn told(end: &End) -> String {
    match end {
        End::Off => "Windows powered itself off".into(),
        End::Stopped => "stopped as asked".into(),
        End::Again => "again".into(),
        End::TimedOut(story) => format!("timed out\n{story}"),
        End::Guest(story) => format!("guest failed\n{story}"),
        End::Host(story) => format!("host failed\n{story}"),
    }
}

fn play(transcript: &str) -> String {
    let lines = transcript.lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (settings, entries): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("set "));
    let mut limits = Limits::new(Reset::OnStart, 120, 1);
    for setting in settings {
        match setting.split(' ').collect::<Vec<_>>()[1..] {
            ["run", "identity"] => limits = Limits::of_identity(120, 1),
            ["reset", "onReboot"] => limits.reset = Reset::OnReboot,
            ["shutdown", sec] => {
                limits.shutdown = Duration::from_secs(sec.parse().expect("seconds"));
            }
            _ => panic!("no such setting: {setting}"),
        }
    }
    let mut player = Player {
        course: Course::new("office", limits, Duration::ZERO),
        now: Duration::ZERO,
        lines: Lines::default(),
        out: String::new(),
        ended: false,
    };
    for entry in entries {
        let mut words = entry.splitn(3, ' ');
        let time: f64 = words.next().expect("a time").parse().expect("a time");
        player.advance(Duration::from_secs_f64(time));
        let kind = words.next().expect("a kind");
        player.play(kind, words.next().unwrap_or_default());
    }
    player.out
}

#[test]
fn every_transcript_is_answered_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instance");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|kind| kind == "transcript") {
            let text = std::fs::read_to_string(&path).expect("a transcript");
            expect_test::expect_file![path.with_extension("acts")].assert_eq(&play(&text));
            played += 1;
        }
    }
    assert!(played >= 12, "only {played} transcripts were found");
}
