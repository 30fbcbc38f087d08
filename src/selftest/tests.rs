//! What the report makes of transcripts, and of hostile text.

use std::time::Duration;

use super::*;
use crate::guest::{Phase, replay};
use crate::machine::Accel;
use crate::progress::{News, Progress, Stage, Weights};

/// What an install of a transcript would have shown.
fn seen(name: &str) -> Seen {
    let path = format!(
        "{}/tests/transcripts/{name}.transcript",
        env!("CARGO_MANIFEST_DIR")
    );
    let transcript = fs::read_to_string(path).expect("is there");
    let mut progress = Progress::new(Weights::of_image(u64::MAX), 9 << 30);
    let mut seen = Seen::default();
    seen.hear(Duration::ZERO, &News::Machine(Accel::Tcg));
    for news in progress.begin(Duration::ZERO, Stage::Guest(Phase::Firmware)) {
        seen.hear(Duration::ZERO, &news);
    }
    replay(&transcript, |now, input, actions| {
        let mut news = progress.hear(now, input);
        for action in actions {
            news.extend(progress.act(now, action));
        }
        for news in &news {
            seen.hear(now, news);
        }
    });
    seen
}

fn answers(seen: &Seen, done: bool) -> Vec<String> {
    let disc = disc::Structure {
        sectors: 2_000_000,
        volume_space_sectors: Some(200),
        boot_catalogue: vec![
            disc::Record::Validation {
                platform: "uefi".into(),
            },
            disc::Record::Entry {
                bootable: true,
                media_type: 0,
                sector_count: 1,
                sector: 600,
            },
        ],
        ..disc::Structure::default()
    };
    let iso = crate::windows_iso::WindowsIso::default();
    let all = answers::all(seen, &disc, &iso, done);
    all.iter()
        .map(|answer| format!("{} {:?}\n  {}", answer.id, answer.known, answer.because))
        .collect()
}

#[test]
fn an_install_answers_what_it_can() {
    let seen = seen("success");
    expect_test::expect![[r"
        windowsPeNamesCom1 No
          it was told to write a line to COM1, and none was heard
        errorHandlerRuns Unknown
          Setup did not fail
        uefiEntryWaitsForAKey Unknown
          the boot catalogue has no UEFI entry
        uefiSectorCountIsUnder2 Yes
          the catalogue says: 1
        iso9660VolumeIsAStub Yes
          it says 200 sectors, and the file has 2000000
        guestProgramStarts Yes
          its `hello` was heard
    "]]
    .assert_eq(&(answers(&seen, true).join("\n") + "\n"));
    let phases = phases(&seen);
    let times = phases
        .iter()
        .map(|phase| format!("{} {}", phase.name, phase.ms));
    let names: Vec<_> = times.collect();
    expect_test::expect![[r"
        firmware 4300
        windowsPE 299700
        specialize 296000
        steps 12000
        settle 88000
        shutdown 4000
    "]]
    .assert_eq(&(names.join("\n") + "\n"));
}

#[test]
fn an_install_that_fails_early_leaves_the_rest_open() {
    let seen = seen("not-trusted");
    expect_test::expect![[r"
        windowsPeNamesCom1 Unknown
          Setup did not get through the pass windowsPE
        errorHandlerRuns Unknown
          its event was not heard: Setup did not give up, or the script did not run
        uefiEntryWaitsForAKey Unknown
          the boot catalogue has no UEFI entry
        uefiSectorCountIsUnder2 Yes
          the catalogue says: 1
        iso9660VolumeIsAStub Yes
          it says 200 sectors, and the file has 2000000
        guestProgramStarts Unknown
          Windows did not start from the disk
    "]]
    .assert_eq(&(answers(&seen, false).join("\n") + "\n"));
}

#[test]
fn setup_that_gave_up_is_known_by_its_own_hook() {
    let mut seen = seen("silence-in-windows-pe");
    let event = lucarne_protocol::Event {
        seq: 1,
        kind: lucarne_protocol::Kind::Failed {
            message: crate::media::GAVE_UP.into(),
        },
    };
    seen.hear(Duration::from_secs(1), &News::Guest(event));
    let answers = answers(&seen, false).join("\n");
    let ran = "errorHandlerRuns Yes\n  its event was heard in phase `windowsPE`";
    assert!(answers.contains(ran), "{answers}");
    assert!(answers.contains("windowsPeNamesCom1 Yes"), "{answers}");
}

fn example() -> Document {
    let seen = seen("success");
    Document {
        schema: SCHEMA,
        holds: HOLDS.to_vec(),
        verdict: Verdict {
            exit_code: 3,
            phase: Some("steps".into()),
            message: Some("<script>alert(1)</script>".into()),
        },
        answers: Vec::new(),
        windows: Windows {
            label: "\"><b>".into(),
            install_file: "sources/install.wim".into(),
            edition: "Windows 11 Pro".into(),
            edition_id: None,
            installation_type: None,
            version: "10.0.26100".into(),
            architecture: "amd64".into(),
            languages: vec!["<i>".into()],
            bytes: 1,
            images: vec!["<u>".into()],
        },
        disc: disc::Structure::default(),
        machine: document::Machine {
            accel: Some("kvm"),
            firmware: "UEFI",
            secure_boot: true,
            tpm: true,
            bus: "sata",
            cores: 4,
            memory_mib: 4096,
        },
        drivers: Vec::new(),
        phases: phases(&seen),
        steps: seen.steps,
        boot: Some(Times::default()),
        image: None,
        warnings: vec!["</ul>".into()],
        logs: vec![document::Log {
            name: "serial.log".into(),
            lines: vec!["</pre><img src=x>".into()],
        }],
        tools: Vec::new(),
    }
}

#[test]
fn the_page_holds_no_markup_but_its_own() {
    let page = page(&example()).expect("a page");
    for markup in [
        "<script>",
        "<b>",
        "<i>",
        "<u>",
        "<img",
        "\n</ul></ul>",
        "http",
    ] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;script&gt;"), "{page}");
    assert!(
        page.contains("Not in it: product keys"),
        "it says what it holds"
    );
}
