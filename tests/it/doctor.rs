//! What `lucarne doctor` finds on other hosts. `tests/doctor/seen.json` was recorded on Debian in a
//! virtual machine whose KVM is broken; each folder's `change.json` is a merge patch (RFC 7396) to
//! it, and `expected.txt` what is told beyond what is told of that one, and how many problems there
//! are. `UPDATE_EXPECT=1` writes what is told now.

use expect_test::expect_file;
use lucarne::doctor::{self, Document, Level, Seen};
use serde_json::Value;

use crate::{folders, read, repository};

fn merge(into: &mut Value, change: &Value) {
    let Value::Object(changes) = change else {
        *into = change.clone();
        return;
    };
    if !into.is_object() {
        *into = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = into else {
        unreachable!("it was made one");
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

fn recorded() -> Value {
    serde_json::from_str(&read(&repository("tests/doctor/seen.json"))).expect("JSON")
}

fn plain(_: Level, word: &str) -> String {
    word.to_owned()
}

#[test]
fn each_host_is_judged_as_recorded() {
    let mut levels = Vec::new();
    let first: Seen = serde_json::from_value(recorded()).expect("a host");
    let first = doctor::judge(&first);
    let folders = folders("tests/doctor");
    assert!(folders.len() >= 10, "{} hosts", folders.len());
    for folder in folders {
        let mut seen = recorded();
        let change = serde_json::from_str(&read(&folder.join("change.json"))).expect("JSON");
        merge(&mut seen, &change);
        let seen: Seen = serde_json::from_value(seen).expect("a host");
        let findings = doctor::judge(&seen);
        for finding in &findings {
            let what = &finding.what;
            // No host is told that something is wrong and not what to do.
            let ways = [&finding.hint, &finding.nixos, &finding.debian];
            let silent = ways.iter().all(|way| way.is_none());
            assert!(!silent || finding.level == Level::Ok, "no way out: {what}");
        }
        levels.extend(findings.iter().map(|finding| finding.level));
        let count = doctor::problems(&findings);
        let mut shown = findings;
        if folder.file_name().is_some_and(|name| name != "as-recorded") {
            shown.retain(|finding| !first.contains(finding));
        }
        let told = doctor::text(&seen, &shown, &plain);
        let told = format!("{told}problems: {count}\n");
        expect_file![folder.join("expected.txt")].assert_eq(&told);
    }
    for level in [Level::Ok, Level::Note, Level::Warning, Level::Problem] {
        assert!(levels.contains(&level), "{level:?}");
    }
}

#[test]
fn words_of_others_act_on_no_terminal() {
    let mut seen: Seen = serde_json::from_value(recorded()).expect("a host");
    seen.tools[0].version = Some("QEMU \u{1b}[2J\n@nix 10.0".to_owned());
    let findings = doctor::judge(&seen);
    let told = doctor::text(&seen, &findings, &plain);
    assert!(
        !told.contains('\u{1b}') && !told.contains("\n@nix"),
        "{told}"
    );
    let document = Document::of(&seen, &findings);
    assert_eq!(document.problems, doctor::problems(&findings));
}
