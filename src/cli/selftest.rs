//! `lucarne selftest --iso FILE --edition NAME`: an install of a real Windows ISO, told to others.

use std::time::Instant;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::bar::Bar;
use super::given_tools::GivenTools;
use super::inputs::read_spec;
use super::path;
use crate::failure::Failure;
use crate::inputs::{self, Given, Missing};
use crate::install::Report;
use crate::selftest;
use crate::spec;

/// A selftest is of a real Windows, which reports by nothing else.
const NO_GUEST: &str = "there is no guest program among the tools: no Windows would say that it is \
                        done\n\nhint: `lucarne doctor` says how to get it";

/// Installs a Windows ISO, starts the image once more, and writes a report that may be shared
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The Windows ISO
    #[arg(long, value_name = "FILE", value_parser = path)]
    iso: Utf8PathBuf,
    /// The virtio-win ISO; without it the disk is on SATA
    #[arg(long, value_name = "FILE", value_parser = path)]
    virtio_win: Option<Utf8PathBuf>,
    /// The edition by its name in the ISO (`lucarne iso FILE` lists them)
    #[arg(long, value_name = "NAME")]
    edition: String,
    /// A spec, a JSON file, for everything else; else the defaults
    #[arg(long, value_name = "FILE", value_parser = path)]
    spec: Option<Utf8PathBuf>,
    #[command(flatten)]
    tools: GivenTools,
    /// The folder to work in, with room for the whole disk; else `DIR.work` beside `--out`
    #[arg(long, value_name = "DIR", value_parser = path)]
    work: Option<Utf8PathBuf>,
    /// The report's folder; it must not be there yet
    #[arg(long, value_name = "DIR", default_value = "lucarne-selftest", value_parser = path)]
    out: Utf8PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let tools = args.tools.find();
    // What is wrong with the spec is told first.
    let given = Given {
        iso: Some(&args.iso),
        virtio_win: args.virtio_win.as_deref(),
        vars: tools.as_ref().ok().map(|tools| tools.vars_ms.as_path()),
    };
    let spec = serde_json::to_vec(&spec(args)?).context("cannot write the spec")?;
    let mut planned = inputs::plan(&spec, given, Missing::Fails)?;
    let tools = tools?;
    if tools.guest.is_none() {
        return Err(anyhow!(NO_GUEST).into());
    }
    // The one thing in which a selftest's install is another than the user's.
    planned.plan.install.beacon = true;
    let (since, mut report) = (Instant::now(), Report::default());
    if let Some(bar) = Bar::new(since) {
        report.tell(Box::new(bar));
    }
    let beside = Utf8PathBuf::from(format!("{}.work", args.out.as_str().trim_end_matches('/')));
    selftest::run(
        &selftest::Inputs {
            planned: &planned,
            tools: &tools,
            work: args.work.as_ref().unwrap_or(&beside),
            out: &args.out,
        },
        &mut report,
    )
}

/// The spec that is given, or the smallest; with the edition in either.
fn spec(args: &Args) -> Result<Value, Failure> {
    let mut spec = match &args.spec {
        Some(file) => {
            let bytes = read_spec(file)?;
            // Its shape is told as everywhere; only a whole one takes the edition.
            spec::shape(&bytes)?;
            serde_json::from_slice(&bytes).context("a spec is JSON")?
        }
        None => json!({ "schema": "lucarne.spec/1", "name": "selftest" }),
    };
    let fields = spec.as_object_mut().context("the spec is no JSON object")?;
    fields.insert("edition".into(), args.edition.clone().into());
    if args.virtio_win.is_none() && args.spec.is_none() {
        // Windows has a driver of its own for this one.
        fields.insert("disk".into(), json!({ "bus": "sata" }));
    }
    Ok(spec)
}
