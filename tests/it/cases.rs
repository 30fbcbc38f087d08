//! Specs that are right, and what becomes of them:
//! `tests/cases/<name>/{spec.json,plan.json,Autounattend.xml,warnings.txt}`.
//!
//! `spec.json` is what Nix must make of `case.nix` beside it, and what is read here: the border
//! is tested from both sides.

use expect_test::expect_file;
use lucarne::answer;
use lucarne::plan::{self, Facts, Plan, Purpose};
use lucarne::problem::{Problem, Problems};
use lucarne::spec;
use serde_json::Value;

use crate::{facts, folders, read};

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

/// A field that no case says could be read wrongly, or not at all, without anybody noticing.
#[test]
fn every_field_occurs_in_a_case() {
    let schema = spec::schema();
    let mut fields = Vec::new();
    fields_of(&schema, &schema, String::new(), &mut fields);
    assert!(fields.len() > 40, "the schema is walked: {fields:?}");
    let cases: Vec<Value> = folders("tests/cases")
        .iter()
        .map(|folder| serde_json::from_str(&read(&folder.join("spec.json"))).expect("JSON"))
        .collect();
    let missing: Vec<_> = fields
        .iter()
        .filter(|field| !cases.iter().any(|case| occurs(case, field)))
        .collect();
    assert!(missing.is_empty(), "in no case: {missing:?}");
}

/// Every field's path; `*` stands for a key of the user's.
fn fields_of(root: &Value, schema: &Value, path: String, fields: &mut Vec<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#'));
        return fields_of(root, target.expect("a definition"), path, fields);
    }
    for alternative in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        fields_of(root, alternative, path.clone(), fields);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        let path = format!("{path}/{name}");
        let about = schema["description"].as_str().unwrap_or_default();
        if about.starts_with("Refused: ") {
            // There only to say why; `tests/reject` has them.
            continue;
        }
        fields.push(path.clone());
        fields_of(root, schema, path, fields);
    }
    if let Some(values) = schema.get("additionalProperties").filter(|v| v.is_object()) {
        fields_of(root, values, format!("{path}/*"), fields);
    }
}

fn occurs(case: &Value, field: &str) -> bool {
    match field.split_once("/*") {
        None => case.pointer(field).is_some(),
        Some((map, rest)) => {
            let values = case.pointer(map).and_then(Value::as_object);
            values.is_some_and(|values| values.values().any(|value| occurs(value, rest)))
        }
    }
}
