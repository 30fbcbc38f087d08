//! The limits of numbers, which options' descriptions tell and the plan keeps.

use lucarne::plan::{self, Facts};
use lucarne::spec;
use serde_json::{Map, Value, json};

/// Every option that is a number: the names that lead to it, the largest that its type holds, and
/// its description.
fn numbers(root: &Value, schema: &Value, names: &[String], found: &mut Vec<Number>) {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(target.trim_start_matches('#'));
        numbers(root, target.expect("a definition"), names, found);
    }
    for inner in schema["anyOf"].as_array().into_iter().flatten() {
        numbers(root, inner, names, found);
    }
    for (name, option) in schema["properties"].as_object().into_iter().flatten() {
        let names = [names, std::slice::from_ref(name)].concat();
        let largest = match option["format"].as_str() {
            Some("uint32") => u64::from(u32::MAX),
            Some("uint64") => u64::MAX,
            _ => {
                numbers(root, option, &names, found);
                continue;
            }
        };
        found.push(Number {
            names,
            largest,
            description: option["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        });
    }
}

struct Number {
    names: Vec<String>,
    largest: u64,
    description: String,
}

impl Number {
    /// Whether the plan refuses a number here.
    fn is_refused(&self, number: u64) -> bool {
        let (leaf, groups) = self.names.split_last().expect("a name");
        let mut value = json!({ leaf: number });
        for group in groups.iter().rev() {
            value = json!({ group: value });
        }
        let mut spec = json!({
            "schema": spec::SCHEMA, "name": "a", "edition": 1, "locale": {"ui": "en-US"},
            "disk": {"bus": "nvme"},
        });
        merge(spec.as_object_mut().expect("an object"), value);
        let shaped = spec::shape(spec.to_string().as_bytes()).expect("an object");
        let problems = plan::check(&shaped, &Facts::default()).err();
        let problems = problems.map(|problems| problems.0).unwrap_or_default();
        let path = self.names.join(".");
        problems.iter().any(|problem| problem.at == path)
    }

    /// The numbers of `from A to B` in the description. One of them may hang on another option.
    fn range(&self) -> (Option<u64>, Option<u64>) {
        let words: Vec<_> = self.description.split_whitespace().collect();
        let mut words = words.into_iter().skip_while(|word| *word != "from").skip(1);
        let number = |word: &str| word.trim_end_matches(['.', ',', ';']).parse().ok();
        let least = words.next().and_then(number);
        let most = words.skip_while(|word| *word != "to").nth(1);
        (least, most.and_then(number))
    }
}

fn merge(into: &mut Map<String, Value>, from: Value) {
    let Value::Object(from) = from else { return };
    for (key, value) in from {
        match into.get_mut(&key) {
            Some(Value::Object(inner)) => merge(inner, value),
            _ => _ = into.insert(key, value),
        }
    }
}

#[test]
fn every_number_has_the_limits_that_it_tells() {
    let schema = spec::schema();
    let mut found = Vec::new();
    numbers(&schema, &schema, &[], &mut found);
    assert_eq!(found.len(), 15, "the schema is walked");
    for number in found {
        let name = number.names.join(".");
        assert!(number.is_refused(number.largest), "{name} has no limit");
        let (least, most) = number.range();
        assert!(least.or(most).is_some(), "{name} tells no range");
        if let Some(least) = least {
            assert!(!number.is_refused(least), "{name}: {least}");
            assert!(
                least == 0 || number.is_refused(least - 1),
                "{name}: below {least}"
            );
        }
        if let Some(most) = most {
            assert!(number.is_refused(most + 1), "{name}: above {most}");
        }
    }
}
