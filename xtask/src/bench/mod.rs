//! `cargo xtask bench`: what things cost here, with the rival's way beside each in the same run.
//!
//! The rivals are scripts of `benches/`, whose README says why each of them.

mod compression;
mod disc;
mod evaluation;
mod facts;
mod install;
mod layer;
mod measure;
mod network;
mod run;
mod seal;
mod small;
mod table;

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use camino::Utf8PathBuf;
use clap::Args;
use serde_json::json;

pub(crate) use measure::Measure;

use self::measure::Cost;
use self::table::{Row, Way};
use crate::demo::{self, Inputs};
use crate::parts::{self, Order};
use crate::root::{self, Root};

/// The name and the function of each group of rows.
const BENCHES: &[(&str, Function)] = &[
    ("start", small::start),
    ("check", small::check),
    ("media", small::media),
    ("evaluation", evaluation::rows),
    ("network", network::rows),
    ("disc", disc::rows),
    ("seal", seal::rows),
    ("compression", compression::rows),
    ("run", run::rows),
    ("supervised", run::supervised),
    ("install", install::rows),
    ("layer", layer::rows),
];
type Function = fn(&Bench) -> Result<Vec<Row>>;

const BOOK: &str = "docs/benchmarks.md";

/// `cargo xtask bench`.
#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Only these: start, check, media, evaluation, network, disc, seal, compression, run,
    /// supervised, install, layer
    names: Vec<String>,
    /// How often each long one runs; short ones run five times as often
    #[arg(long, value_name = "N", default_value_t = 3)]
    runs: usize,
    /// Write the table and its conditions into `docs/benchmarks.md`
    #[arg(long)]
    write: bool,
}

/// What every bench needs.
struct Bench {
    root: Root,
    /// Empty at the start, removed at the end.
    folder: Utf8PathBuf,
    programs: parts::Release,
    inputs: Inputs,
    spec: String,
    tools: String,
    runs: usize,
}

impl BenchArgs {
    /// A name that is no bench's.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let is_known = |name: &str| BENCHES.iter().any(|(known, _)| *known == name);
        let mut names = self.names.iter().map(String::as_str);
        names.find(|name| !is_known(name))
    }

    pub(crate) fn run(self) -> Result<u8> {
        ensure!(self.runs > 0, "`--runs` must be at least 1");
        if let Some(name) = self.unknown() {
            let known: Vec<_> = BENCHES.iter().map(|(name, _)| *name).collect();
            bail!("there is no bench `{name}`\nhint: {}", known.join(", "));
        }
        ensure!(
            !self.write || self.names.is_empty(),
            "`--write` is for all of them"
        );
        let root = root::ensure()?;
        // Before the release is built, which is work enough to hide what others do.
        let conditions = facts::conditions(&root)?;
        println!("{conditions}");
        let bench = Bench::new(root, self.runs)?;
        let mut rows = Vec::new();
        for (name, measured) in BENCHES {
            if self.names.is_empty() || self.names.iter().any(|wanted| wanted == name) {
                eprintln!("measuring {name}");
                rows.extend(measured(&bench).with_context(|| format!("the bench `{name}`"))?);
            }
        }
        let table = table::render(&rows);
        println!("{table}");
        fs::remove_dir_all(&bench.folder)?;
        if self.write {
            write(&conditions, &table)?;
        }
        Ok(0)
    }
}

/// Puts the figures below the book's own words.
fn write(conditions: &str, table: &str) -> Result<()> {
    let path = root::repository().join(BOOK);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    let (words, _) = text.split_once("\n## Figures\n").context("no `Figures`")?;
    let text = format!("{words}\n## Figures\n\n{conditions}\n{table}");
    fs::write(&path, text).with_context(|| format!("cannot write `{path}`"))
}

impl Bench {
    fn new(root: Root, runs: usize) -> Result<Self> {
        let folder = root::cache()?.join("bench");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty `{folder}`"))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
        eprintln!("building a release");
        let programs = parts::release()?;
        let order = Order {
            release: Some("win10-22h2".into()),
            // The row `install` runs it under a QEMU that nobody tells to take its CDs out.
            fault: Some("cds-stay".into()),
            ..Order::default()
        };
        let inputs = Inputs::standin(&order, "Windows 10 Pro")?;
        let tools = folder.join("tools.json");
        fs::write(&tools, json!(demo::tools(inputs.vars.as_str())).to_string())?;
        Ok(Self {
            spec: script("spec.json").into_string(),
            tools: tools.into_string(),
            root,
            folder,
            programs,
            inputs,
            runs,
        })
    }

    fn virtio_win(&self) -> Result<&str> {
        Ok(self.inputs.drivers()?.as_str())
    }

    /// A folder that is empty.
    fn empty(&self, name: &str) -> Result<Utf8PathBuf> {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder)?;
        Ok(folder)
    }

    fn measure(&self, command: &[&str]) -> Result<Cost> {
        measure::run(&self.root, &self.folder, command)
    }

    /// Runs commands in turn, so that whatever else the machine does meets each of them.
    fn row(
        &self,
        name: &'static str,
        runs: usize,
        ways: &[(&'static str, &[&str])],
    ) -> Result<Row> {
        let measure = |way: usize| self.measure(ways[way].1);
        let names: Vec<_> = ways.iter().map(|(name, _)| *name).collect();
        in_turn(name, runs, &names, measure)
    }
}

/// Runs each of some ways, and then each again.
fn in_turn(
    name: &'static str,
    runs: usize,
    names: &[&'static str],
    mut measure: impl FnMut(usize) -> Result<Cost>,
) -> Result<Row> {
    let mut ways: Vec<_> = names.iter().map(|name| Way::new(name)).collect();
    for _ in 0..runs {
        for (place, way) in ways.iter_mut().enumerate() {
            way.costs.push(measure(place)?);
        }
    }
    Ok(Row { name, ways })
}

/// A file of `benches/`.
fn script(name: &str) -> Utf8PathBuf {
    root::repository().join("benches").join(name)
}
