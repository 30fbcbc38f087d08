//! Tests of the reading of specs.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::spec::{self, SCHEMA};

/// The problems of a document, one per line.
fn problems(document: &Value) -> Vec<String> {
    let shaped = spec::shape(document.to_string().as_bytes()).expect("it is an object");
    let lines = shaped.problems.iter().map(|problem| {
        let hint = problem.hint.as_deref().unwrap_or_default();
        assert!(!hint.is_empty(), "{problem} has no hint");
        // The others are the options' descriptions.
        if hint.starts_with("did you mean") {
            format!("{problem} [{hint}]")
        } else {
            problem.to_string()
        }
    });
    lines.collect()
}

#[test]
fn every_mistake_of_shape_is_told_with_its_path() {
    let document = json!({
        "schema": SCHEMA,
        "nmae": "a",
        "edition": ["Pro"],
        "secureBoot": true,
        "tpm": "yes",
        "users": {"bob smith": {"pasword": "secret", "groups": ["Users", 7]}, "eve": 1},
        "disk": {"bus": "virtio-scssi", "sizeMib": 1.5},
        "machine": {"cores": 5_000_000_000_u64},
        "install": {"accel": "kvm", "stallSec": -1},
    });
    assert_eq!(
        problems(&document),
        [
            "disk.bus: `virtio-scssi` is none of `virtio-scsi`, `virtio-blk`, `nvme`, `sata` \
             [did you mean `virtio-scsi`?]",
            "disk.sizeMib: is not an integer from 0 up",
            "edition: is a list, not a string or an integer",
            "install.stallSec: is not an integer from 0 up",
            "machine.cores: is not an integer from 0 to 4294967295",
            "name: is missing",
            "nmae: no such option [did you mean `name`?]",
            "secureBoot: no such option [did you mean `firmware.secureBoot`?]",
            "tpm: is a string, not a boolean",
            "users.\"bob smith\".groups[1]: is an integer, not a string",
            "users.\"bob smith\".pasword: no such option \
             [did you mean `users.\"bob smith\".password`?]",
            "users.eve: is an integer, not an attribute set",
        ]
    );
}

#[test]
fn what_fits_is_read_beside_what_does_not() {
    let document = json!({
        "schema": SCHEMA, "name": "a", "tpm": 1, "drivers": ["viorng", 2, "viofs"],
        "timeZone": null,
    });
    let shaped = spec::shape(document.to_string().as_bytes()).expect("an object");
    assert_eq!(shaped.spec.name, "a");
    assert_eq!(shaped.spec.tpm, None);
    assert_eq!(
        shaped.spec.drivers,
        Some(vec!["viorng".to_owned(), "viofs".to_owned()])
    );
    assert_eq!(shaped.problems.len(), 2);
}

#[test]
fn what_is_no_spec_at_all_is_one_problem() {
    let check = |bytes: &[u8], message: &str| {
        let problems = spec::shape(bytes).expect_err("no spec");
        assert!(problems.to_string().starts_with(message), "{problems}");
    };
    check(b"{ name = \"a\"; }", "the spec is not JSON: key must be");
    check(b"", "the spec is not JSON: EOF");
    check(b"[]", "the spec is not a JSON object");
    check(b"\xff", "the spec is not UTF-8, from byte 0 on");
    check(
        b"{\"name\": \"\xc3\"}",
        "the spec is not UTF-8, from byte 10 on",
    );
    check(b"\xff\xfe{\0}\0", "the spec is UTF-16");
    check(b"{} {}", "the spec is not JSON: trailing characters");
    check(
        &vec![b' '; spec::BYTES_MAX + 1],
        "the spec is longer than 16 MiB",
    );
    check("[".repeat(100_000).as_bytes(), "the spec is not JSON: ");
}

#[test]
fn a_byte_order_mark_says_nothing() {
    let spec = spec::read(b"\xef\xbb\xbf{\"schema\": \"a\", \"name\": \"b\"}").expect("a spec");
    assert_eq!(spec.name, "b");
    let layer = b"\xef\xbb\xbf{\"schema\": \"lucarne.layer/2\"}";
    assert!(spec::is_of_layer(layer));
}

/// However deep and often, within what a spec may have.
#[test]
fn keys_that_are_there_twice_are_told_in_time() {
    let deep = |inner: &str| {
        let key = "k".repeat(60);
        let open = format!("{{\"{key}\":").repeat(100);
        format!("{open}{inner}{}", "}".repeat(100))
    };
    let many = format!("[{}0]", "{\"a\":1,\"a\":2},".repeat(200_000));
    let shaped = spec::shape(deep(&many).as_bytes()).expect("an object");
    assert!(shaped.problems.len() <= 201, "{}", shaped.problems.len());
}

#[test]
fn problems_are_bounded() {
    let many: serde_json::Map<_, _> = (0..10_000)
        .map(|n| (format!("k{n}"), Value::Null))
        .collect();
    let told = problems(&Value::Object(many));
    assert_eq!(told.len(), 201, "200 and a word about the others");
}

/// Any JSON, with keys and values of ours among others, so that the walk gets somewhere.
fn document() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "schema",
            "name",
            "edition",
            "users",
            "disk",
            "bus",
            "sizeMib",
            "firmware",
            "type",
            "bypassChecks",
            "drivers",
            "install",
            "deadlines",
            "totalSec",
            "groups",
            "password",
            "accel",
            "cores",
            "machine",
            "tpm",
            "seal",
            "compression",
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["nvme", "bios", "tpm", "zstd", "none", "kvm", "auto"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// What the walk leaves is what serde reads: the two never disagree.
    #[test]
    fn the_walk_leaves_what_serde_reads(document in document()) {
        match spec::shape(document.to_string().as_bytes()) {
            Ok(shaped) => {
                let again = serde_json::to_vec(&shaped.spec).expect("a spec is JSON");
                let read = spec::read(&again).expect("what was read can be read again");
                prop_assert_eq!(read, shaped.spec);
            }
            Err(problems) => prop_assert!(!document.is_object(), "{}", problems),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = spec::shape(&bytes);
    }
}

/// Hints and the documentation are made from them.
#[test]
fn every_option_is_described() {
    let schema = spec::schema();
    let mut options = Vec::new();
    options_of(&schema, &schema, "", &mut options);
    assert!(options.len() > 50, "the schema is walked: {options:?}");
    let silent: Vec<_> = options
        .iter()
        .filter(|(_, description)| description.trim().is_empty())
        .collect();
    assert!(silent.is_empty(), "without description: {silent:?}");
}

/// Every option's path and description; `*` stands for a name of the user's, or an element.
fn options_of(root: &Value, schema: &Value, path: &str, options: &mut Vec<(String, String)>) {
    let target = schema.get("$ref").and_then(Value::as_str);
    let target = target.map(|name| {
        root.pointer(name.trim_start_matches('#'))
            .expect("is there")
    });
    let any = schema.get("anyOf").and_then(Value::as_array);
    for inner in target.into_iter().chain(any.into_iter().flatten()) {
        options_of(root, inner, path, options);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, option) in properties.into_iter().flatten() {
        let path = format!("{path}.{name}");
        let description = option.get("description").and_then(Value::as_str);
        options.push((path.clone(), description.unwrap_or_default().to_owned()));
        options_of(root, option, &path, options);
    }
    for several in ["additionalProperties", "items"] {
        if let Some(values) = schema.get(several).filter(|v| v.is_object()) {
            options_of(root, values, &format!("{path}.*"), options);
        }
    }
}
