//! `lucarne layer SPEC --base DIR --out DIR`: more steps on top of an image.

use camino::Utf8PathBuf;

use super::bar::Bar;
use super::events::{self, Events};
use super::inputs::read_spec;
use crate::failure::Failure;
use crate::inputs::{self, Missing};
use crate::install::evidence::Kept;
use crate::install::{ImageInputs, Job, Layer, Report, image};
use crate::layer::Image;
use crate::signals::Signals;
use crate::tools::Tools;

/// Does more steps on top of an image, and seals what differs from it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The layer's spec, a JSON file (`lucarne schema layer`); `-` reads stdin
    spec: Utf8PathBuf,
    /// The image to put it on, installed or a layer itself; it must stay where it is
    #[arg(long, value_name = "DIR")]
    base: Utf8PathBuf,
    /// The tools and firmware files by path, a JSON file; else those of common distributions
    #[arg(long, value_name = "FILE")]
    tools: Option<Utf8PathBuf>,
    /// The folder to work in, with room for what changes; else `DIR.work` beside `--out`
    #[arg(long, value_name = "DIR")]
    work: Option<Utf8PathBuf>,
    /// The folder to make; it must not be there yet
    #[arg(long, value_name = "DIR")]
    out: Utf8PathBuf,
    /// Tell on stdout what happens, for programs: a JSON object a line (`lucarne schema events`)
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let beside = Utf8PathBuf::from(format!("{}.work", args.out.as_str().trim_end_matches('/')));
    let work = args.work.as_ref().unwrap_or(&beside);
    let mut report = Report::default();
    if args.json {
        events::begin(work);
        report.tell(Box::new(Events::default()));
    }
    // What is wrong with the spec is told first.
    let plan = inputs::plan_layer(&read_spec(&args.spec)?, Missing::Fails)?;
    let tools = match &args.tools {
        Some(file) => Tools::read(file),
        None => Tools::find(),
    }?;
    let layer = Layer::new(plan, Image::open(&args.base)?, &tools)?;
    if let Some(bar) = Bar::new().filter(|_| !args.json) {
        report.tell(Box::new(bar));
    }
    let inputs = ImageInputs {
        job: Job::Layer(&layer),
        tools: &tools,
        media: None,
        work,
        out: &args.out,
        kept: Kept::Folder,
    };
    image(&inputs, &Signals::listen()?, &mut report)?;
    if args.json {
        events::done(&args.out);
    }
    Ok(())
}
