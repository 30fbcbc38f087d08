//! Every rule has an example that breaks it: `tests/reject/<name>/{spec.json,expected.txt}`.
//! `UPDATE_EXPECT=1` writes what is told now; a person then reads the difference.

use expect_test::expect_file;
use lucarne::failure::Failure;
use lucarne::plan::{self, Facts};
use lucarne::spec;

use crate::{facts, folders, read};

#[test]
fn rejects() {
    for folder in folders("tests/reject") {
        let name = folder.display();
        let bytes = read(&folder.join("spec.json"));
        let problems = match spec::shape(bytes.as_bytes()) {
            Err(problems) => problems,
            Ok(shaped) => {
                let windows = facts::windows(shaped.spec.windows_iso.as_deref());
                let virtio_win = facts::virtio_win(shaped.spec.virtio_win_iso.as_deref());
                let facts = Facts {
                    windows: windows.as_ref(),
                    virtio_win: virtio_win.as_ref(),
                    ..Facts::default()
                };
                match plan::check(&shaped, &facts) {
                    Ok(_) => panic!("{name} is accepted"),
                    Err(problems) => problems,
                }
            }
        };
        assert!(!problems.0.is_empty(), "{name} is an error without problem");
        // What is wrong is half of a message; the other half is what to do.
        let silent = problems.0.iter().find(|problem| problem.hint.is_none());
        assert_eq!(silent, None, "{name}: a problem without a hint");
        expect_file![folder.join("expected.txt")].assert_eq(&Failure::Spec(problems).report());
    }
}

/// What the README shows is what is told.
#[test]
fn the_readme_shows_what_is_told() {
    let shown = read(&crate::repository("README.md"));
    let told = read(&crate::repository("tests/reject/readme/expected.txt"));
    assert!(
        shown.contains(told.trim()),
        "the README does not show:\n{told}"
    );
}

/// The promise of the project: ten mistakes of mixed kinds are ten problems at once.
#[test]
fn ten_mistakes_are_ten_problems() {
    let told = read(&crate::repository("tests/reject/ten-mistakes/expected.txt"));
    assert!(told.starts_with("error: 10 problems"), "{told}");
    assert_eq!(told.matches("no such option").count(), 3, "unknown keys");
    let wrong_types = ["is a list, not a string", "is a string, not an integer"];
    for wrong in wrong_types {
        assert_eq!(told.matches(wrong).count(), 1, "{wrong}");
    }
}
