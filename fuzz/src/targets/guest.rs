//! What the guest says on COM1, with what else is heard while it runs, and what it is told.

use std::time::Duration;

use lucarne::guest::{Action, Course, Input, Limits, Lines, Tail, Verdict, escape};
use lucarne::machine::Accel;
use lucarne::qemu;
use lucarne::spec::Bus;

/// Text for people may hold a guest's; it is cut long before this.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// COM1, byte for byte. A line that begins with `~` is what QEMU says instead: an event of QMP's,
/// `written N`, `stopped STATE` or `exited WORDS`. The first byte says how the bytes come.
pub(crate) fn guest(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    let accel = if how & 1 == 0 { Accel::Kvm } else { Accel::Tcg };
    let bus = if how & 2 == 0 {
        Bus::VirtioScsi
    } else {
        Bus::Sata
    };
    let mut course = Course::new(limits(), accel, bus);
    if how & 0x80 != 0 {
        course = course.with_keys();
    }
    let (mut lines, mut tail) = (Lines::default(), Tail::default());
    let (mut now, mut ended) = (Duration::ZERO, false);
    for chunk in bytes.chunks(1 + usize::from(how >> 2) * 8) {
        let mut heard = Vec::new();
        lines.push(chunk, |line| {
            tail.push(line);
            heard.extend(match line.strip_prefix('~') {
                Some(words) => host(words),
                None => Input::of_line(line),
            });
        });
        heard.push(Input::Tick);
        now += Duration::from_millis(700);
        for input in heard {
            let actions = course.hear(now, input);
            assert!(!ended || actions.is_empty(), "it acts after its end");
            for action in &actions {
                ended |= matches!(action, Action::End(_));
                check(action);
            }
        }
    }
    tail.push(&lines.unfinished());
    tail.lines().iter().for_each(|line| harmless(line));
}

/// One line that may hold an event: what is read can be written and read again.
pub(crate) fn events(data: &[u8]) {
    let line = String::from_utf8_lossy(data);
    harmless(&escape(&line));
    if let Some(Ok(event)) = lucarne_protocol::decode(&line) {
        let again = lucarne_protocol::encode(&event);
        assert!(again.is_ascii(), "an event's line is ASCII");
        let again = again.trim();
        // What a guest sends within the bounds may be beyond them when it is escaped.
        if again.len() <= lucarne_protocol::MAX_LINE_BYTES {
            let read = lucarne_protocol::decode(again).map(Result::ok);
            assert_eq!(read, Some(Some(event)), "{again}");
        }
    }
}

fn host(words: &str) -> Option<Input> {
    let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
    Some(match word {
        "written" => Input::Written(rest.parse().ok()?),
        "read" => Input::CdRead(rest.parse().ok()?),
        "stopped" => Input::Stopped(rest.to_owned()),
        "exited" => Input::Exited(rest.to_owned()),
        _ => Input::Qemu(qemu::Event::read(&serde_json::from_str(words).ok()?)?),
    })
}

/// A guest's words begin no line of ours, and none that a terminal acts on.
fn check(action: &Action) {
    match action {
        Action::Note(text) | Action::Warn(text) => harmless(text),
        Action::End(Verdict::Guest(story) | Verdict::TimedOut(story)) => {
            let texts = [&story.phase, &story.cause, &story.hint];
            let texts = texts.into_iter().chain(&story.step);
            texts.for_each(|text| harmless(text));
        }
        // What QEMU said of itself may have lines.
        Action::Enter(_)
        | Action::EmptyCds
        | Action::PressKeys
        | Action::StopKeys
        | Action::Look
        | Action::End(_) => {}
    }
}

fn harmless(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(text.len() <= TEXT_BYTES_MAX, "{} bytes", text.len());
}

fn limits() -> Limits {
    let sec = Duration::from_secs;
    Limits {
        firmware: sec(20),
        windows_pe: sec(60),
        specialize: sec(60),
        steps: sec(60),
        settle: sec(60),
        shutdown: sec(20),
        total: sec(300),
        stall: sec(10),
    }
}

/// What a machine is told at its start: what is read can be written and read again, and an error
/// holds nothing of the document's.
pub(crate) fn settings(data: &[u8]) {
    use lucarne_protocol::settings::Settings;

    match Settings::read(data) {
        Ok(settings) => {
            let again = settings.write().expect("what was read can be written");
            assert_eq!(Settings::read(&again), Ok(settings));
        }
        Err(error) => harmless(&error),
    }
}
