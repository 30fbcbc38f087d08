//! Makes stand-in ISOs with the programs that `PATH` has: the tool root's, or a derivation's.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{
    Args, Parser,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use lucarne_standin::{
    build::{Options, Sources, build, build_virtio_win},
    config::Fault,
    release::{RELEASES, Variant},
};

/// Makes a stand-in for a Windows ISO, or for a virtio-win ISO.
#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    output: Output,
    /// The release to pretend to be.
    #[arg(long, default_value = RELEASES[0].id, value_parser = releases())]
    release: String,
    /// The shape of the boot images.
    #[arg(long, default_value = "default", value_parser = names(&Variant::ALL))]
    variant: String,
    /// What goes wrong.
    #[arg(long, default_value = "none", value_parser = names(Fault::ALL))]
    fault: String,
    /// Say on COM2 why Setup stopped; a real one says nothing.
    #[arg(long)]
    explain: bool,
    /// The init program; otherwise the one beside this program.
    #[arg(long)]
    init: Option<PathBuf>,
    /// Where finished parts are kept; otherwise below `$LUCARNE_CACHE` or `~/.cache/lucarne`.
    #[arg(long)]
    cache: Option<PathBuf>,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Output {
    /// Write a Windows ISO here, and firmware variables beside it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write a virtio-win ISO here.
    #[arg(long)]
    virtio_win: Option<PathBuf>,
}

fn releases() -> PossibleValuesParser {
    PossibleValuesParser::new(RELEASES.iter().map(|release| release.id))
}

fn names<T>(all: &[(&'static str, T)]) -> impl clap::builder::TypedValueParser<Value = String> {
    let names: Vec<&'static str> = all.iter().map(|(name, _)| *name).collect();
    PossibleValuesParser::new(names).map(|name| name)
}

fn value<T: Copy>(all: &[(&'static str, T)], name: &str) -> Result<T> {
    let found = all.iter().find(|(known, _)| *known == name);
    Ok(found.with_context(|| format!("`{name}` is not known"))?.1)
}

fn main() -> ExitCode {
    match make(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn make(cli: Cli) -> Result<()> {
    if let Some(out) = cli.output.virtio_win {
        return build_virtio_win(&out);
    }
    build(&Options {
        out: cli
            .output
            .out
            .context("`--out` or `--virtio-win` is needed")?,
        release: cli.release,
        variant: value(&Variant::ALL, &cli.variant)?,
        fault: value(Fault::ALL, &cli.fault)?,
        explain: cli.explain,
        init: match cli.init {
            Some(init) => init,
            None => std::env::current_exe()
                .context("cannot find this program's own file")?
                .with_file_name("lucarne-standin-init"),
        },
        cache: match cli.cache {
            Some(cache) => cache,
            None => default_cache()?,
        },
        sources: cli.sources,
    })
}

fn default_cache() -> Result<PathBuf> {
    if let Some(cache) = std::env::var_os("LUCARNE_CACHE") {
        return Ok(PathBuf::from(cache).join("standin"));
    }
    let home = std::env::var_os("HOME").context("neither `LUCARNE_CACHE` nor `HOME` is set")?;
    Ok(PathBuf::from(home).join(".cache/lucarne/standin"))
}
