//! Machines that run, in folders: `tests/machines/<name>/machine.json` gives `plan.json`, and with
//! warnings `warnings.txt`, or the problems in `expected.txt`; `tests/machines/manifest.json` is
//! their image's. `UPDATE_EXPECT=1` writes what is told now; a person then reads the difference.

use expect_test::expect_file;
use lucarne::failure::Failure;
use lucarne::instance::{plan, spec};
use lucarne::manifest::Manifest;
use lucarne::problem::Problem;

use crate::{folders, read, repository};

#[test]
fn each_is_planned_or_refused_as_recorded() {
    let manifest = read(&repository("tests/machines/manifest.json"));
    let manifest = Manifest::parse(&manifest).expect("a manifest");
    let (mut plans, mut refusals) = (0, 0);
    for folder in folders("tests/machines") {
        let name = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let bytes = read(&folder.join("machine.json"));
        let shaped = spec::shape(bytes.as_bytes());
        match shaped.and_then(|shaped| plan::check(&shaped, Some(&manifest))) {
            Ok(plan) => {
                assert!(!name.starts_with("reject-"), "{name} is accepted");
                expect_file![folder.join("plan.json")].assert_eq(&plan.to_json());
                let warnings: Vec<_> = plan.warnings.iter().map(Problem::with_hint).collect();
                let recorded = folder.join("warnings.txt");
                if warnings.is_empty() {
                    assert!(!recorded.exists(), "{name} is not warned of any more");
                } else {
                    let told = warnings.join("\n") + "\n";
                    expect_file![recorded].assert_eq(&told);
                }
                plans += 1;
            }
            Err(problems) => {
                assert!(name.starts_with("reject-"), "{name}: {problems}");
                let silent = problems.0.iter().find(|problem| problem.hint.is_none());
                assert_eq!(silent, None, "{name}: a problem without a hint");
                let told = Failure::MachineSpec(problems).report();
                expect_file![folder.join("expected.txt")].assert_eq(&told);
                refusals += 1;
            }
        }
    }
    assert!(plans >= 3 && refusals >= 20, "{plans} and {refusals}");
}

/// What hangs on the image alone is not told where there is none.
#[test]
fn a_spec_is_judged_without_its_image() {
    let bytes = read(&repository(
        "tests/machines/reject-name-capital/machine.json",
    ));
    let shaped = spec::shape(bytes.as_bytes()).expect("a JSON object");
    let problems = plan::check(&shaped, None).expect_err("the name is wrong");
    assert_eq!(problems.0.len(), 1, "{problems}");
}

/// A machine of an image without a TPM.
#[test]
fn a_tpm_is_the_images_to_have() {
    let manifest = read(&repository("tests/machines/manifest.json"));
    let mut manifest = Manifest::parse(&manifest).expect("a manifest");
    manifest.machine.tpm = false;
    let bytes = read(&repository("tests/machines/full/machine.json"));
    let shaped = spec::shape(bytes.as_bytes()).expect("a JSON object");
    let problems = plan::check(&shaped, Some(&manifest)).expect_err("no TPM");
    let told = problems.to_string();
    assert!(
        told.starts_with("tpm: the image was installed without a TPM"),
        "{told}"
    );
}

/// What is written is what was read: no default is filled in, no field lost.
#[test]
fn a_spec_writes_back_equal() {
    for folder in folders("tests/machines") {
        let text = read(&folder.join("machine.json"));
        let shaped = spec::shape(text.as_bytes());
        if let Ok(shaped) = shaped.as_ref()
            && shaped.problems.is_empty()
        {
            let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let written = serde_json::to_value(&shaped.spec).expect("plain data");
            assert_eq!(written, read, "{}", folder.display());
        }
    }
}
