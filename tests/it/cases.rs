//! Specs that are right, and what becomes of them:
//! `tests/cases/<name>/{spec.json,plan.json,Autounattend.xml,warnings.txt}`,
//! and `generalize.xml` of those that are generalised.
//!
//! `spec.json` is what Nix must make of `case.nix` beside it, and what is read here: the border
//! is tested from both sides.

use std::collections::BTreeMap;

use expect_test::expect_file;
use lucarne::answer;
use lucarne::plan::{self, Facts, Plan, Purpose};
use lucarne::problem::{Problem, Problems};
use lucarne::spec;
use serde_json::Value;

use crate::{facts, folders, product, read};

/// The plan of a case.
pub(crate) fn plan_of(spec: &spec::Spec) -> Plan {
    outcome_of(spec).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What becomes of a spec, with facts of the ISOs that it names.
pub(crate) fn outcome_of(spec: &spec::Spec) -> Result<Plan, Problems> {
    let windows = facts::windows(spec.windows_iso.as_deref());
    let virtio_win = facts::virtio_win(spec.virtio_win_iso.as_deref());
    let facts = Facts {
        windows: windows.as_ref(),
        virtio_win: virtio_win.as_ref(),
        // Of architectures that are not built for there are answer files all the same.
        purpose: Purpose::Answer,
        ..Facts::default()
    };
    plan::plan(spec, &facts)
}

/// A plan's warnings, each with its hint and on lines of its own.
pub(crate) fn warnings_of(plan: &Plan) -> String {
    let silent = plan.warnings.iter().find(|warning| warning.hint.is_none());
    assert_eq!(silent, None, "a warning without a hint");
    let warnings = plan.warnings.iter().map(Problem::with_hint);
    warnings.map(|warning| warning + "\n").collect()
}

#[test]
fn cases_become_what_is_expected() {
    for folder in folders("tests/cases") {
        let json = read(&folder.join("spec.json"));
        let spec = spec::read(json.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
        let plan = plan_of(&spec);
        expect_file![folder.join("plan.json")].assert_eq(&plan.to_json());
        expect_file![folder.join("Autounattend.xml")].assert_eq(&answer::render(&plan));
        expect_file![folder.join("warnings.txt")].assert_eq(&warnings_of(&plan));
        if let Some(answers) = answer::render_copies(&plan) {
            expect_file![folder.join("generalize.xml")].assert_eq(&answers);
        }
    }
}

#[test]
fn specs_are_written_back_equal() {
    for folder in folders("tests/cases") {
        let json = read(&folder.join("spec.json"));
        let spec = spec::read(json.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
        let wanted: Value = serde_json::from_str(&json).expect("a case's spec is JSON");
        let written = serde_json::to_value(&spec).expect("a spec is JSON");
        assert_eq!(written, wanted, "{}", folder.display());
    }
}

/// The specs of the cases and of the product's combinations.
fn all_specs() -> Vec<Value> {
    let combinations = product::combinations();
    let mut all = folders("tests/cases");
    all.extend(combinations.iter().map(|name| product::folder(name)));
    all.iter()
        .map(|folder| serde_json::from_str(&read(&folder.join("spec.json"))).expect("JSON"))
        .collect()
}

/// A field that no case says, or a value of its few that none has, could be read wrongly, or not
/// at all, without anybody noticing.
#[test]
fn every_field_and_every_choice_occurs_in_a_case() {
    let schema = spec::schema();
    let mut fields = Fields::new();
    fields_of(&schema, &schema, "", "", &mut fields);
    assert!(fields.len() > 200, "the schema is walked: {fields:?}");
    let cases = all_specs();
    let is_there = |(path, choice): &(String, Option<Value>)| {
        let mut found = cases.iter().flat_map(|case| reached(case, path));
        found.any(|value| choice.as_ref().is_none_or(|choice| value == choice))
    };
    fields.retain(|_, places| !places.iter().any(is_there));
    let missing: Vec<_> = fields.keys().map(String::as_str).collect();
    assert!(missing.is_empty(), "in no case:\n{}", missing.join("\n"));
}

/// Every field, and each of its values where there are few, with the paths where it may be; `*`
/// stands for an element, or for a key of the user's. A type that has several places has its fields
/// once.
type Fields = BTreeMap<String, Vec<(String, Option<Value>)>>;

fn fields_of(root: &Value, schema: &Value, of: &str, path: &str, fields: &mut Fields) {
    if let Some(of) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(of.trim_start_matches('#'));
        return fields_of(root, target.expect("a definition"), of, path, fields);
    }
    let list = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    for alternative in list("anyOf").chain(list("oneOf")) {
        fields_of(root, alternative, of, path, fields);
    }
    let kinds = schema.get("type").map(Value::to_string).unwrap_or_default();
    let switch = [true, false].map(Value::Bool);
    let switch = switch.iter().filter(|_| kinds.contains("boolean"));
    // What an option may not be said to be is there as null.
    let choices = list("enum").chain(schema.get("const")).chain(switch);
    for choice in choices.filter(|choice| !choice.is_null()) {
        let places = fields.entry(format!("{of} = {choice}")).or_default();
        places.push((path.to_owned(), Some(choice.clone())));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        let path = format!("{path}/{name}");
        let about = schema["description"].as_str().unwrap_or_default();
        if about.starts_with("Refused: ") {
            // There only to say why; `tests/reject` has them.
            continue;
        }
        let of = format!("{of}/{name}");
        let places = fields.entry(of.clone()).or_default();
        places.push((path.clone(), None));
        fields_of(root, schema, &of, &path, fields);
    }
    for key in ["additionalProperties", "items"] {
        if let Some(values) = schema.get(key).filter(|values| values.is_object()) {
            fields_of(root, values, of, &format!("{path}/*"), fields);
        }
    }
}

/// What is at a path, of every element where it goes through a list.
fn reached<'a>(case: &'a Value, path: &str) -> Vec<&'a Value> {
    let Some((outer, rest)) = path.split_once("/*") else {
        return case.pointer(path).into_iter().collect();
    };
    let values: Vec<_> = match case.pointer(outer) {
        Some(Value::Object(map)) => map.values().collect(),
        Some(Value::Array(list)) => list.iter().collect(),
        _ => Vec::new(),
    };
    values
        .into_iter()
        .flat_map(|value| reached(value, rest))
        .collect()
}
