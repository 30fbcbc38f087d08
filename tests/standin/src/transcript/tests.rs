//! The committed transcripts are what the composer makes; `UPDATE_TRANSCRIPTS=1` writes them.

use lucarne_protocol::{Kind, Status};

use super::{Action, Composer, TEXTS, parse, part, text};
use crate::config::Fault;

const NOTE: &str = "composed with the protocol's encoder; see README.md";

fn steps(composer: Composer) -> Composer {
    composer
        .step(1, "Set the host name", Status::Start, None)
        .line("!write ProgramData/Lucarne/hostname.txt 4")
        .step(1, "Set the host name", Status::Ok, Some((0, None)))
        .step(2, "Write the registry", Status::Start, None)
        .step(2, "Write the registry", Status::Ok, Some((0, None)))
        .step(3, "Install the example program", Status::Start, None)
}

fn log(composer: Composer) -> Composer {
    use base64::Engine as _;
    let lines = [
        "2026-01-01 12:00:00 install started\r\n",
        "exit code 0: Müller\r\n",
    ];
    (1..).zip(lines).fold(composer, |composer, (number, line)| {
        composer.event(Kind::Log {
            name: "example-install.log".into(),
            part: number,
            of: 2,
            data: base64::engine::general_purpose::STANDARD.encode(line),
        })
    })
}

fn to_settle(composer: Composer) -> Composer {
    log(composer
        .line("!write Program Files/Example/example.exe 512")
        .step(
            3,
            "Install the example program",
            Status::Ok,
            Some((3010, None)),
        ))
    .phase("scrub")
    .phase("settle")
    .line("!reset")
}

fn to_the_end(composer: Composer) -> Composer {
    composer
        .line("!no-media")
        .hello(2)
        .event(Kind::Done)
        .line("!power-off")
}

/// The sealed image's start: what a run does.
fn and_a_run(composer: Composer) -> Composer {
    composer
        .line("!no-media")
        .hello(3)
        .event(Kind::Ready)
        .line("!power-button")
        .line("!power-off")
}

fn begin() -> Composer {
    Composer::new(NOTE).hello(1).phase("steps")
}

fn composed(name: &str) -> String {
    match name {
        "normal" => and_a_run(to_the_end(to_settle(steps(begin())))),
        "early-poweroff" => to_settle(steps(begin()))
            .line("!no-media")
            .hello(2)
            .line("!power-off"),
        "step-hangs" => steps(begin()),
        "step-fails" => log(steps(begin()).step(
            3,
            "Install the example program",
            Status::Failed,
            Some((
                1603,
                Some("the installer ended with 1603: Zugriff verweigert für `Müller`"),
            )),
        ))
        .event(Kind::Failed {
            message: "step 3, `Install the example program`, failed".into(),
        })
        .line("!power-off"),
        "noise" => to_the_end(to_settle(steps(
            Composer::new(NOTE)
                .line(r"!raw \e[2J\e[01;01HBdsDxe: half a line")
                .line(r"!raw \r\nM\xc3\xbcller \xff\xfe\x00\x07")
                .hello(1)
                .line(r#"!raw @lucarne {"seq":"#)
                .phase("steps")
                .line(r"!raw @nix {\e[31m}\r\n"),
        ))),
        _ => panic!("no transcript is composed for `{name}`"),
    }
    .text()
}

#[test]
fn the_committed_transcripts_are_the_composed_ones() {
    for (name, committed) in TEXTS {
        let text = composed(name);
        if std::env::var_os("UPDATE_TRANSCRIPTS").is_some() {
            let path = format!("{}/transcripts/{name}.txt", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, &text).expect("a writable folder");
        } else {
            assert_eq!(*committed, text, "`{name}`: run with UPDATE_TRANSCRIPTS=1");
        }
    }
}

#[test]
fn each_faults_transcript_ends_the_run_but_that_of_a_step_that_hangs() {
    for (name, fault) in Fault::ALL {
        let actions = parse(text(fault.transcript())).expect("a transcript");
        let ends = actions.last() == Some(&Action::PowerOff);
        assert_eq!(ends, *fault != Fault::StepHangs, "{name}");
    }
}

#[test]
fn a_transcript_has_a_part_for_each_start() {
    let actions = parse(text("normal")).expect("a transcript");
    let first = part(&actions, 0).expect("a first start");
    assert_eq!(first.last(), Some(&Action::Reset));
    let second = part(&actions, 1).expect("a second start");
    assert_eq!(second.first(), Some(&Action::NoMedia));
    assert_eq!(second.last(), Some(&Action::PowerOff));
    let run = part(&actions, 2).expect("a third start");
    assert!(run.contains(&Action::PowerButton));
    assert!(part(&actions, 3).is_err());
}

#[test]
fn what_cannot_be_played_is_refused() {
    for wrong in [
        "!dance",
        "@lucarne {}",
        "!write nothing",
        r"!raw \q",
        "words",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        parse(r"!raw \e[1m\xff").expect("raw"),
        [Action::Raw(b"\x1b[1m\xff".to_vec())]
    );
}
