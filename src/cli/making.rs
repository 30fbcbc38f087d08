//! What every command that makes an image is given: tools, two folders, and who is told.

use std::time::Instant;

use camino::Utf8PathBuf;

use super::bar::Bar;
use super::events::{self, Events};
use super::given_tools::GivenTools;
use super::path;
use crate::failure::Failure;
use crate::install::evidence::Kept;
use crate::install::{ImageInputs, Job, Report, image};
use crate::signals::Signals;
use crate::tools::Tools;

/// What is told where no guest program is at hand. The stand-in plays it, so it is no error.
const NO_GUEST: &str = "there is no guest program among the tools: a Windows without it never says \
                        that it is done, and is given up at its deadline (`lucarne doctor` says \
                        how to get it)";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Making {
    #[command(flatten)]
    tools: GivenTools,
    /// The folder to work in, with room for all that is written to the disk; else `DIR.work` beside
    /// `--out`
    #[arg(long, value_name = "DIR", value_parser = path)]
    work: Option<Utf8PathBuf>,
    /// The folder to make; it must not be there yet
    #[arg(long, value_name = "DIR", value_parser = path)]
    out: Utf8PathBuf,
    /// Tell on stdout what happens, for programs: a JSON object a line (`lucarne schema events`)
    #[arg(long)]
    json: bool,
}

/// An image that is about to be made: from here on programs are told.
pub(super) struct Begun<'a> {
    making: &'a Making,
    work: Utf8PathBuf,
    since: Instant,
    report: Report,
}

impl Making {
    pub(super) fn begin(&self) -> Begun<'_> {
        let beside = format!("{}.work", self.out.as_str().trim_end_matches('/'));
        let work = self.work.clone().unwrap_or_else(|| beside.into());
        let (since, mut report) = (Instant::now(), Report::default());
        if self.json {
            events::begin(&work);
            report.tell(Box::new(Events::default()));
        }
        Begun {
            making: self,
            work,
            since,
            report,
        }
    }

    pub(super) fn tools(&self) -> anyhow::Result<Tools> {
        self.tools.find()
    }
}

impl Begun<'_> {
    /// Makes the image.
    pub(super) fn make(mut self, job: Job<'_>, tools: &Tools) -> Result<(), Failure> {
        let making = self.making;
        if !making.json
            && let Some(bar) = Bar::new(self.since)
        {
            self.report.tell(Box::new(bar));
        }
        if tools.guest.is_none() {
            self.report.warn(NO_GUEST);
        }
        let inputs = ImageInputs {
            job,
            tools,
            media: None,
            work: &self.work,
            out: &making.out,
            kept: Kept::Folder,
        };
        image(&inputs, &Signals::listen()?, &mut self.report)?;
        if making.json {
            events::done(&making.out);
        }
        Ok(())
    }
}
