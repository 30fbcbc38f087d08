//! Paths of Nix's store in texts: Windows does not see them, and media that hold one would drag
//! what it names along.

use serde_json::Value;

use super::desk::Desk;
use super::payloads::{STORE, STORE_HASH};
use crate::problem::attribute;
use crate::spec;

/// Where a path of the host's is right.
const FILES: [&str; 4] = ["dependencies", "files", "license", "source"];

/// Tells each text of a step that names something in the store.
pub(super) fn texts(desk: &mut Desk<'_, '_>, at: &str, said: &spec::Step) {
    if let Ok(value) = serde_json::to_value(said) {
        walk(desk, at, &value);
    }
}

fn walk(desk: &mut Desk<'_, '_>, at: &str, value: &Value) {
    match value {
        Value::String(text) if names_store(text) => {
            let what = "names a path of this host's store, which Windows does not see";
            let hint = "say it as `source` or among `files`; as an argument it is \
                        `{ source = …; }`";
            desk.problem(at, what, hint);
        }
        Value::Array(list) => {
            let paths = desk.rules.elements(at, list.len());
            for (value, at) in list.iter().zip(paths) {
                walk(desk, &at, value);
            }
        }
        Value::Object(map) => {
            let said = map.iter().filter(|(key, _)| !FILES.contains(&key.as_str()));
            for (key, value) in said {
                walk(desk, &attribute(at, key), value);
            }
        }
        _ => {}
    }
}

fn names_store(text: &str) -> bool {
    let mut behind = text.split(STORE).skip(1);
    behind.any(|rest| {
        let hash = rest.split('-').next().unwrap_or_default();
        hash.len() == STORE_HASH
            && hash
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::names_store;

    #[test]
    fn paths_of_the_store_are_known_by_their_hash() {
        let path = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-a/b";
        assert!(names_store(&format!("copy {path} C:\\")));
        assert!(!names_store("see /nix/store/ and /nix/store/short-name"));
        assert!(!names_store(r"C:\nix\store"));
    }
}
