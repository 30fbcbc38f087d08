//! Holds what a program wrote against the JSON Schema that it prints.

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;

/// Checks documents, at least one.
pub(super) fn check<'a>(
    schema: &str,
    documents: impl IntoIterator<Item = &'a Value>,
) -> Result<()> {
    let schema: Value = serde_json::from_str(schema).context("the schema is not JSON")?;
    let validator = jsonschema::validator_for(&schema)
        .map_err(|error| anyhow!("the schema is none: {error}"))?;
    ensure!(
        !validator.is_valid(&Value::Null),
        "the schema allows anything"
    );
    let mut checked = 0;
    for document in documents {
        validator
            .validate(document)
            .map_err(|error| anyhow!("at `{}`: {error}, in {document}", error.instance_path))?;
        checked += 1;
    }
    ensure!(checked > 0, "there was nothing to check");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_of_another_shape_is_refused() {
        let schema = r#"{ "type": "object", "required": ["a"] }"#;
        check(schema, [&json!({ "a": 1 })]).expect("is as the schema says");
        check(schema, [&json!({ "b": 1 })]).expect_err("has no `a`");
        check(schema, []).expect_err("is nothing");
        check("true", [&json!(1)]).expect_err("allows anything");
    }
}
