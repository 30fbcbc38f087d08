//! The rule of an image's name, which Nix and Rust both have: `tests/nix/names.json` tells what
//! both say of each name. `tests/nix/messages.nix` asks Nix.

use lucarne::plan::{self, Facts};
use lucarne::spec;
use serde_json::{Value, json};

use crate::{read, repository};

/// What is told of an image's name.
fn told(name: &Value) -> Option<String> {
    let spec = json!({
        "schema": spec::SCHEMA, "name": name, "edition": 1, "disk": {"bus": "nvme"},
        "locale": {"ui": "en-US"},
    });
    let shaped = spec::shape(spec.to_string().as_bytes()).expect("an object");
    let problems = plan::check(&shaped, &Facts::default()).err()?.0;
    let [problem] = problems.as_slice() else {
        panic!("{name}: {problems:?}");
    };
    assert_eq!(problem.at, "name");
    Some(problem.what.clone())
}

#[test]
fn names_are_judged_as_nix_judges_them() {
    let cases = read(&repository("tests/nix/names.json"));
    let cases: Vec<Value> = serde_json::from_str(&cases).expect("a list");
    assert!(cases.len() > 5);
    for case in cases {
        assert_eq!(told(&case["name"]).as_deref(), case["what"].as_str());
    }
}

#[test]
fn the_longest_name_is_the_same_as_in_nix() {
    let rule = read(&repository("nix/lib/name-problem.nix"));
    let most = rule.split_once("most = ").expect("the limit").1;
    let most: usize = most
        .split_once(';')
        .expect("its end")
        .0
        .parse()
        .expect("a number");
    assert_eq!(told(&json!("x".repeat(most))), None);
    let what = format!("has {} bytes, more than {most}", most + 1);
    assert_eq!(told(&json!("x".repeat(most + 1))), Some(what));
}
