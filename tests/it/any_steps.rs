//! Steps with texts by chance where texts are: none crashes the plan, and what it accepts is what
//! the media can hold and the guest program can read.

use std::collections::BTreeSet;

use lucarne::media;
use lucarne::plan::{self, Facts};
use lucarne::spec;
use lucarne_protocol::step::Steps;
use serde_json::Value;

use crate::any_spec::Dice;
use crate::{facts, read, repository};

const ROUNDS: u64 = 1500;

/// Every text of a document.
fn texts<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::String(_) => found.push(value),
        Value::Array(list) => list.iter_mut().for_each(|inner| texts(inner, found)),
        Value::Object(map) => map.values_mut().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

/// A text that some rule may or may not take.
fn text(dice: &mut Dice, old: &str) -> String {
    let odd = [
        "",
        " ",
        ".",
        "..",
        "con",
        "a/b",
        "a:b",
        "C:",
        "C:\\",
        "%",
        "%a%",
        "a.",
        "\u{0}",
        "\r\n",
        "🪟",
        "x.exe",
        "HKLM",
        "HKLM\\a",
        "D:P",
        "virtio-win:",
        "virtio-win:a.msi",
        "/",
        "*",
        "a*",
    ];
    match dice.below(5) {
        0 => dice.pick(&odd).to_owned(),
        1 => dice.text(300),
        2 => format!("{old}{}", dice.pick(&odd)),
        3 => format!("{}{old}", dice.pick(&odd)),
        _ => old.repeat(1 + usize::try_from(dice.below(40)).expect("small")),
    }
}

#[test]
fn texts_by_chance_are_refused_or_can_be_carried() {
    let cases = [
        "steps",
        "steps-more",
        "catalogue-system",
        "catalogue-software",
    ];
    let cases = cases.map(|name| {
        let json = read(&repository(&format!("tests/cases/{name}/spec.json")));
        serde_json::from_str::<Value>(&json).expect("JSON")
    });
    let mut accepted = 0;
    for round in 0..ROUNDS {
        let mut dice = Dice::new(round);
        let mut spec = dice.pick(&cases);
        let mut found = Vec::new();
        texts(&mut spec["steps"], &mut found);
        let index = dice.below(found.len() as u64);
        let one = found.swap_remove(usize::try_from(index).expect("small"));
        let old = one.as_str().expect("a text").to_owned();
        *one = Value::from(text(&mut dice, &old));
        accepted += u64::from(is_carried(&spec));
    }
    // Of either kind there are many.
    let some = ROUNDS / 10;
    assert!((some..ROUNDS - some).contains(&accepted), "{accepted}");
}

/// Whether a spec is right; then what its steps become is looked at.
fn is_carried(spec: &Value) -> bool {
    let windows = facts::windows(spec["windowsIso"].as_str());
    let virtio_win = facts::virtio_win(spec["virtioWinIso"].as_str());
    let facts = Facts {
        windows: windows.as_ref(),
        virtio_win: virtio_win.as_ref(),
        ..Facts::default()
    };
    let shaped = spec::shape(spec.to_string().as_bytes()).expect("an object");
    let plan = match plan::check(&shaped, &facts) {
        Ok(plan) => plan,
        Err(problems) => {
            let silent = problems.0.iter().find(|problem| problem.hint.is_none());
            assert_eq!(silent, None, "a problem without a hint");
            return false;
        }
    };
    let json = serde_json::to_string(&plan.steps).expect("steps are JSON");
    let again: Steps = serde_json::from_str(&json).expect("the guest program reads it");
    assert_eq!(again, plan.steps);
    let mut seen = BTreeSet::new();
    for payload in &plan.payloads {
        let path = payload.on_media();
        media::check_name(&path).unwrap_or_else(|error| panic!("{error:#}\n{spec:#}"));
        assert!(seen.insert(path.to_lowercase()), "{path} is there twice");
    }
    true
}
