//! `lucarne install SPEC --out DIR`: the whole way to an image, without Nix.

use camino::Utf8PathBuf;

use super::bar::Bar;
use super::events::{self, Events};
use crate::cli::Inputs;
use crate::failure::Failure;
use crate::inputs::Missing;
use crate::install::evidence::Kept;
use crate::install::{ImageInputs, Job, Report, image};
use crate::signals::Signals;
use crate::tools::Tools;

/// Installs Windows and seals the image.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    inputs: Inputs,
    /// The tools and firmware files by path, a JSON file; else those of common distributions
    #[arg(long, value_name = "FILE")]
    tools: Option<Utf8PathBuf>,
    /// The folder to work in, with room for the whole disk; else `DIR.work` beside `--out`
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
    let tools = match &args.tools {
        Some(file) => Tools::read(file),
        None => Tools::find(),
    };
    // What is wrong with the spec is told first.
    let vars = tools.as_ref().ok().map(|tools| tools.vars_ms.as_path());
    let planned = args.inputs.plan(Missing::Fails, vars)?;
    let tools = tools?;
    if let Some(bar) = Bar::new().filter(|_| !args.json) {
        report.tell(Box::new(bar));
    }
    let inputs = ImageInputs {
        job: Job::Install(&planned),
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
