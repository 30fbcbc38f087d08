//! Specs of layers in folders: `tests/layers/<name>/spec.json` gives `plan.json` and what its media
//! hold, or the problems in `expected.txt`. `UPDATE_EXPECT=1` writes what is told now; a person
//! then reads the difference.

use expect_test::expect_file;
use lucarne::failure::Failure;
use lucarne::plan::LayerPlan;
use lucarne::problem::Problems;
use lucarne::signals::Signals;
use lucarne::{media, plan, spec};
use serde_json::Value;

use crate::{folders, read};

fn planned(bytes: &[u8]) -> Result<LayerPlan, Problems> {
    plan::layer(&spec::shape_layer(bytes)?)
}

#[test]
fn each_is_planned_or_refused_as_recorded() {
    let (mut plans, mut refusals) = (0, 0);
    for folder in folders("tests/layers") {
        match planned(read(&folder.join("spec.json")).as_bytes()) {
            Ok(plan) => {
                expect_file![folder.join("plan.json")].assert_eq(&plan.to_json());
                plans += 1;
            }
            Err(problems) => {
                let silent = problems.0.iter().find(|problem| problem.hint.is_none());
                assert_eq!(silent, None, "{}: no hint", folder.display());
                let told = Failure::LayerSpec(problems).report();
                expect_file![folder.join("expected.txt")].assert_eq(&told);
                refusals += 1;
            }
        }
    }
    assert!(plans >= 2 && refusals >= 4, "{plans} and {refusals}");
}

/// The same bytes for the same plan, the steps as the plan has them, and no answer file: Setup must
/// not take the disc for its own.
#[test]
fn the_media_hold_the_steps_and_no_answer_file() {
    let spec = read(&crate::repository("tests/layers/full/spec.json"));
    let plan = planned(spec.as_bytes()).expect("nothing is wrong with it");
    let folder = tempfile::tempdir().expect("the test may write");
    let folder = camino::Utf8Path::from_path(folder.path()).expect("UTF-8");
    let signals = Signals::listen().expect("threads and handlers");
    let made = ["one", "two"].map(|name| {
        let out = folder.join(name);
        media::build_layer(&plan, None, &out, &signals).expect("is written");
        std::fs::read(out.join("answer.iso")).expect("is there")
    });
    assert!(made[0] == made[1], "equal plans gave other bytes");
    let mut disc = lucarne::optical::open(&folder.join("one/answer.iso")).expect("a disc");
    let mut text = |path: &str| {
        let entry = disc.find(path).expect("readable");
        entry.map(|entry| disc.read(&entry, 1 << 20).expect("readable"))
    };
    assert!(text("Autounattend.xml").is_none());
    let json = |bytes: Option<Vec<u8>>| -> Value {
        serde_json::from_slice(&bytes.expect("is there")).expect("JSON")
    };
    let marker = json(text("lucarne/lucarne.json"));
    assert_eq!(marker["schema"], "lucarne.media/1");
    assert_eq!(marker["purpose"], "layer");
    let steps = json(text("lucarne/steps.json"));
    assert_eq!(
        steps,
        serde_json::to_value(&plan.steps).expect("plain data")
    );
    let payload = plan.payloads.first().expect("the script").on_media();
    let script = text(&payload).expect("the script");
    assert!(script.ends_with(b"exit /b 0\r\n"), "{script:?}");
}
