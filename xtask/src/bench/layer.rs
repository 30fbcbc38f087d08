//! A step more on top of an image, and the same image installed again with that step in it.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::table::Row;
use super::{Bench, in_turn};
use crate::demo::{self, Inputs};
use crate::parts::Order;

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let folder = bench.empty("layer")?;
    let at = |name: &str| folder.join(name).into_string();
    let write = |name: &str, value: &Value| {
        let file = at(name);
        fs::write(&file, value.to_string()).with_context(|| format!("cannot write `{file}`"))
    };
    // One that lets its CDs out, as the layer's start wants it.
    let order = Order {
        release: Some("win10-22h2".into()),
        ..Order::default()
    };
    let inputs = Inputs::standin(&order, "Windows 10 Pro")?;
    write("tools.json", &demo::tools(inputs.vars.as_str()))?;
    let steps = json!([{ "directory": { "path": r"C:\Layer" } }]);
    let mut whole: Value = serde_json::from_str(&fs::read_to_string(&bench.spec)?)?;
    whole["steps"] = steps.clone();
    write("whole.json", &whole)?;
    let layer = json!({
        "schema": "lucarne.layer/1",
        "name": "bench",
        "install": { "accel": "tcg" },
        "steps": steps,
    });
    write("layer.json", &layer)?;

    let (lucarne, tools) = (bench.programs.lucarne.as_str(), at("tools.json"));
    let (whole, layer) = (at("whole.json"), at("layer.json"));
    let (base, layered, again) = (at("base"), at("layered"), at("again"));
    let isos = [
        "--iso",
        inputs.iso.as_str(),
        "--virtio-win",
        inputs.drivers()?.as_str(),
    ];
    let install = |spec, out| {
        let head = [lucarne, "install", spec, "--tools", &tools, "--out", out];
        [&head[..], &isos].concat()
    };
    bench.measure(&install(&bench.spec, &base))?;
    let head = [lucarne, "layer", &layer, "--tools", &tools];
    let ways = [
        [&head[..], &["--base", &base, "--out", &layered]].concat(),
        install(&whole, &again),
    ];
    let names = ["`lucarne layer`", "`lucarne install` with the layer's step"];
    let row = in_turn("layer", bench.runs, &names, |way| {
        let out = folder.join(["layered", "again"][way]);
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        bench.measure(&ways[way])
    })?;
    fs::remove_dir_all(&folder)?;
    Ok(vec![row])
}
