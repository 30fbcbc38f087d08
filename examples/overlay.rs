//! Makes the boot overlay of an ISO and prints its path: what the checks with real tools look at.

use anyhow::{Context as _, bail};
use camino::Utf8Path;
use lucarne::tools::Tools;
use lucarne::windows_iso::boot;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [iso, tools, work] = args.as_slice() else {
        bail!("usage: overlay ISO TOOLS.json WORK-FOLDER");
    };
    let tools = std::fs::read(tools).with_context(|| format!("cannot read `{tools}`"))?;
    let tools: Tools = serde_json::from_slice(&tools)?;
    let overlay = boot::overlay(Utf8Path::new(iso), None, &tools, Utf8Path::new(work))?;
    println!("{}", overlay.file);
    Ok(())
}
