//! Every release of Windows on every layout of the disk with every group of options:
//! `tests/product`. Its README says how it is made, and how a fragment is added.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use expect_test::expect_file;
use lucarne::answer;
use lucarne::failure::Failure;
use lucarne::plan::Plan;
use lucarne::problem::{Problem, Problems};
use lucarne::spec::{self, Spec};
use serde_json::Value;

use crate::answer_file::{Table, check_answer, table};
use crate::cases::{outcome_of, warnings_of};
use crate::{folders, read, repository};

/// The whole `case.nix`: the folder's own path says which combination it is.
const CASE: &str = "import ../../../.. ./.\n";
/// What the goldens of a combination can be, beside its spec.
const GOLDENS: [&str; 3] = ["Autounattend.xml", "problems.txt", "warnings.txt"];

/// The names of an axis' fragments.
fn fragments(axis: &str) -> Vec<String> {
    let folder = repository("tests/product").join(axis);
    let files = fs::read_dir(folder).expect("the folder can be listed");
    let mut names: Vec<_> = files
        .map(|file| file.expect("the folder can be listed").file_name())
        .map(|name| {
            let name = name.to_str().and_then(|name| name.strip_suffix(".nix"));
            name.expect("a fragment is a file of Nix").to_owned()
        })
        .collect();
    names.sort();
    assert!(names.len() > 3, "{axis}: {names:?}");
    names
}

/// The rows of the product, each a release on a layout, such as `server-2016/mbr`.
fn rows() -> Vec<String> {
    let layouts = fragments("layouts");
    let releases = fragments("releases").into_iter();
    releases
        .flat_map(|release| {
            layouts
                .iter()
                .map(move |layout| format!("{release}/{layout}"))
        })
        .collect()
}

/// The names of all combinations, such as `server-2016/mbr/remote`.
pub(crate) fn combinations() -> Vec<String> {
    let groups = fragments("groups");
    let rows = rows().into_iter();
    rows.flat_map(|row| groups.iter().map(move |group| format!("{row}/{group}")))
        .collect()
}

/// A combination's folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    repository("tests/product/cases").join(name)
}

fn updates() -> bool {
    env::var_os("UPDATE_EXPECT").is_some()
}

/// The spec that evaluation gave.
fn spec_of(name: &str) -> Spec {
    let path = folder(name).join("spec.json");
    assert!(
        path.exists(),
        "{name} has no spec.json; Nix makes it: `UPDATE_EXPECT=1 cargo xtask test nix/values`"
    );
    let json = read(&path);
    let spec = spec::read(json.as_bytes()).unwrap_or_else(|problems| panic!("{name}: {problems}"));
    let wanted: Value = serde_json::from_str(&json).expect("a spec is JSON");
    let written = serde_json::to_value(&spec).expect("a spec is JSON");
    assert_eq!(written, wanted, "{name} is written back equal");
    spec
}

/// Pins a golden; an empty one is a file that is not there.
fn pin(name: &str, file: &str, text: &str) {
    let path = folder(name).join(file);
    if text.is_empty() && path.exists() {
        assert!(updates(), "{name} has {file}, and nothing is to be in it");
        fs::remove_file(path).expect("the file can be removed");
    } else {
        expect_file![path].assert_eq(text);
    }
}

/// What becomes of a combination, in a word or two: a cell of `outcomes.txt`.
fn pin_outcome(table: &Table, name: &str, outcome: Result<Plan, Problems>) -> String {
    let [mut answer_file, mut problems_text, mut warnings_text] = [const { String::new() }; 3];
    let cell = match outcome {
        Ok(plan) => {
            answer_file = answer::render(&plan);
            warnings_text = warnings_of(&plan);
            check_answer(table, &plan, &answer_file);
            match plan.warnings.len() {
                0 => "planned".to_owned(),
                1 => "1 warning".to_owned(),
                warnings => format!("{warnings} warnings"),
            }
        }
        Err(problems) => {
            let silent = problems.0.iter().find(|problem| problem.hint.is_none());
            assert_eq!(silent, None::<&Problem>, "{name}: a problem without a hint");
            let count = problems.0.len();
            problems_text = Failure::Spec(problems).report();
            format!("{count} problem{}", if count == 1 { "" } else { "s" })
        }
    };
    for (file, text) in GOLDENS
        .iter()
        .zip([answer_file, problems_text, warnings_text])
    {
        pin(name, file, &text);
    }
    cell
}

#[test]
fn combinations_become_what_is_expected() {
    let (rows, groups) = (rows(), fragments("groups"));
    let wide = rows.iter().map(String::len).max().unwrap_or_default();
    let mut outcomes = format!("{:wide$}", "");
    for group in &groups {
        _ = write!(outcomes, "  {group:10}");
    }
    let table = table();
    for row in rows {
        outcomes = outcomes.trim_end().to_owned();
        _ = write!(outcomes, "\n{row:wide$}");
        for group in &groups {
            let name = format!("{row}/{group}");
            let outcome = outcome_of(&spec_of(&name));
            _ = write!(outcomes, "  {:10}", pin_outcome(&table, &name, outcome));
        }
    }
    let outcomes = outcomes.trim_end().to_owned() + "\n";
    expect_file![repository("tests/product/outcomes.txt")].assert_eq(&outcomes);
}

/// A combination without a golden is not tested, and a golden without a combination says what is
/// no longer so.
#[test]
fn every_combination_has_goldens_and_all_goldens_are_of_one() {
    let mut wanted = BTreeSet::new();
    for name in combinations() {
        let folder = folder(&name);
        assert!(
            folder.is_dir(),
            "{name} has no folder: `UPDATE_EXPECT=1 cargo xtask test nix/values` makes it"
        );
        expect_file![folder.join("case.nix")].assert_eq(CASE);
        wanted.insert(folder);
    }
    let mut found = BTreeSet::new();
    for release in folders("tests/product/cases") {
        for layout in folders(release.to_str().expect("UTF-8")) {
            found.extend(folders(layout.to_str().expect("UTF-8")));
        }
    }
    let foreign: Vec<_> = found.difference(&wanted).collect();
    assert!(foreign.is_empty(), "of no combination: remove {foreign:?}");
    for folder in found {
        for entry in fs::read_dir(&folder).expect("the folder can be listed") {
            let name = entry.expect("the folder can be listed").file_name();
            let name = name.to_str().unwrap_or_default();
            let known = ["case.nix", "spec.json"].contains(&name) || GOLDENS.contains(&name);
            assert!(known, "{}: `{name}` is no golden", folder.display());
        }
    }
}
