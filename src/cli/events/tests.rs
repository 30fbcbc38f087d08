//! The lines of transcripts, and of ends.

use super::*;
use crate::guest::{Action, Phase, Verdict, replay};
use crate::problem::{Problem, Problems};
use crate::progress::{Progress, Stage, Weights};

/// What a transcript's install of a real Windows would write.
fn lines(transcript: &str) -> String {
    let mut progress = Progress::new(Weights::of_image(u64::MAX), 9 << 30);
    let (mut events, mut out) = (Events::default(), String::new());
    let mut write = |at: Duration, event: Event| {
        let line = Line {
            schema: SCHEMA,
            ms: u64::try_from(at.as_millis()).expect("small"),
            event,
        };
        out += &serde_json::to_string(&line).expect("plain data");
        out.push('\n');
    };
    for news in progress.begin(Duration::ZERO, Stage::Guest(Phase::Firmware)) {
        if let Some(event) = events.event(Duration::ZERO, &news) {
            write(Duration::ZERO, event);
        }
    }
    replay(transcript, |now, input, actions| {
        let mut news = progress.hear(now, input);
        for action in actions {
            news.extend(progress.act(now, action));
        }
        for news in &news {
            if let Some(event) = events.event(now, news) {
                write(now, event);
            }
        }
        if let Some(Action::End(verdict)) = actions.last() {
            let end = match verdict {
                Verdict::Guest(story) => failed(3, Some(&Failure::Guest(story.clone()))),
                Verdict::TimedOut(story) => failed(4, Some(&Failure::TimedOut(story.clone()))),
                _ => End::default(),
            };
            write(now, Event::End(Box::new(end)));
        }
    });
    out
}

#[test]
fn a_transcript_becomes_lines_for_programs() {
    for name in ["success", "step-failed"] {
        let file = format!("{}/tests/transcripts/{name}", env!("CARGO_MANIFEST_DIR"));
        let transcript = std::fs::read_to_string(format!("{file}.transcript"));
        let written = lines(&transcript.expect("is there"));
        expect_test::expect_file![format!("{file}.jsonl")].assert_eq(&written);
    }
}

#[test]
fn each_failure_has_its_code_and_words() {
    let problems = Problems(vec![Problem::new("edition", "is not on the ISO")]);
    let end = failed(1, Some(&Failure::Spec(problems)));
    assert!(
        end.message
            .expect("words")
            .contains("edition: is not on the ISO")
    );
    let end = failed(143, Some(&Failure::Signal(15)));
    assert_eq!(
        (end.exit_code, end.message.as_deref()),
        (143, Some("stopped by signal 15"))
    );
    assert!(failed(70, None).message.expect("words").contains("bug"));
}
