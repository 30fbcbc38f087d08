//! `lucarne schema`: the JSON Schema of each document.

use clap::ValueEnum;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::cli::{events, print};
use crate::failure::Failure;
use crate::instance::snapshot::Disk;
use crate::instance::state::State;
use crate::instance::status::Status;
use crate::manifest::Manifest;
use crate::{doctor, instance, spec};

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
    /// What `ctl NAME status --json` writes, and `ctl list --json` an array of
    Status,
    /// What `ctl NAME disk --json` writes
    Disk,
    /// `manifest.json` of an image
    Manifest,
    /// What `install --json` and `layer --json` write: one line of it
    Events,
    /// `report.json` of `selftest`
    Selftest,
    /// What `doctor --json` writes
    Doctor,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let schema = match args.document {
        Document::Spec => spec::schema(),
        Document::Layer => spec::layer_schema(),
        Document::Machine => instance::spec::schema(),
        Document::State => schemars::schema_for!(State).to_value(),
        Document::Status => written::<Status>(),
        Document::Disk => written::<Disk>(),
        Document::Manifest => schemars::schema_for!(Manifest).to_value(),
        Document::Events => events::schema(),
        Document::Doctor => written::<doctor::Document<'_>>(),
        Document::Selftest => crate::selftest::schema(),
    };
    print(&format!("{schema:#}\n"))
}

/// The schema of what is written, where it is more than what is read: each field is there.
fn written<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::default().for_serialize();
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
