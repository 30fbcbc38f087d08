//! `lucarne schema`: the JSON Schema of each document.

use clap::ValueEnum;

use crate::cli::{events, print};
use crate::failure::Failure;
use crate::instance::state::State;
use crate::manifest::Manifest;
use crate::{instance, spec};

/// Prints the JSON Schema of a document
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which document
    document: Document,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Document {
    /// What `check`, `answer`, `media` and `install` read
    Spec,
    /// What `layer` reads
    Layer,
    /// What `run` reads
    Machine,
    /// `state.json` of a machine that runs
    State,
    /// `manifest.json` of an image
    Manifest,
    /// What `install --json` and `layer --json` write: one line of it
    Events,
    /// `report.json` of `selftest`
    Selftest,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let schema = match args.document {
        Document::Spec => spec::schema(),
        Document::Layer => spec::layer_schema(),
        Document::Machine => instance::spec::schema(),
        Document::State => schemars::schema_for!(State).to_value(),
        Document::Manifest => schemars::schema_for!(Manifest).to_value(),
        Document::Events => events::schema(),
        Document::Selftest => crate::selftest::schema(),
    };
    print(&format!("{schema:#}\n"))
}
