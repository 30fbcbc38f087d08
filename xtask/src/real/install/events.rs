//! What `lucarne install --json` writes.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::parts;
use crate::real::schema;
use crate::test::Context;

/// Of an install that went well, all of it: nothing but objects, as their schema says, in the order
/// of their times, up to the end.
pub(super) fn check(context: &Context, stdout: &str) -> Result<()> {
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("not JSON: {line}")))
        .collect::<Result<_>>()?;
    let lucarne = parts::lucarne()?;
    let asked = [lucarne.as_str(), "schema", "events"];
    let schema = context.read(Duration::from_secs(60), &asked)?;
    schema::check(&schema, &lines)?;

    let types: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line["type"].as_str())
        .collect();
    let all = ["end", "machine", "note", "phase", "progress", "step"];
    for wanted in all {
        ensure!(types.contains(wanted), "no `{wanted}` among {types:?}");
    }
    for pair in lines.windows(2) {
        ensure!(pair[0]["ms"].as_u64() <= pair[1]["ms"].as_u64(), "{pair:?}");
        ensure!(pair[0]["type"] != "end", "something follows the end");
    }
    let end = lines.last().context("no line")?;
    ensure!(end["type"] == "end" && end["exitCode"] == 0, "{end}");
    let image = end["image"].as_str().unwrap_or_default();
    ensure!(image == context.folder.join("out").as_str(), "{end}");
    ensure!(end["evidence"].is_null(), "{end}");
    Ok(())
}
