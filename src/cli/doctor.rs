//! `lucarne doctor`: what this host lacks, and how to get it.

use anyhow::anyhow;
use camino::Utf8PathBuf;

use super::given_tools::GivenTools;
use super::machine::variable;
use super::{paint, path, print};
use crate::doctor::{self, Document, Given, Level};
use crate::failure::Failure;
use crate::signals::Signals;

/// Looks whether this host has what installing and running Windows needs, and how to get it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It changes nothing. Exit codes: 0 without a problem, 2 with one; a note or \
                        a warning is none"
)]
pub(super) struct Args {
    #[command(flatten)]
    tools: GivenTools,
    /// The folder that an install would work in: the space there counts
    #[arg(long, value_name = "DIR", default_value = ".", value_parser = path)]
    work: Utf8PathBuf,
    /// For programs: all findings, and what they were made of
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let tools = args.tools.table()?;
    let given = Given {
        tools: tools.as_ref(),
        work: &args.work,
    };
    let seen = doctor::look(given, &variable, &Signals::listen()?);
    let findings = doctor::judge(&seen);
    if args.json {
        let json = serde_json::to_string_pretty(&Document::of(&seen, &findings));
        let json = json.map_err(|error| anyhow!("a document is no JSON: {error}"))?;
        print(&(json + "\n"))?;
    } else {
        let coloured = paint::stdout_has_colours();
        let word = |level, word: &str| paint::painted(word, coloured.then(|| style(level)));
        print(&doctor::text(&seen, &findings, &word))?;
    }
    match doctor::problems(&findings) {
        0 => Ok(()),
        count => {
            let what = if count == 1 { "problem" } else { "problems" };
            Err(anyhow!(
                "this host has {count} {what}\n\nhint: each is told above with its way out; \
                 `docs/doctor.md` says more"
            )
            .into())
        }
    }
}

fn style(level: Level) -> clap::builder::styling::Style {
    match level {
        Level::Ok => paint::GOOD,
        Level::Note => paint::FAINT,
        Level::Warning => paint::DOUBTFUL,
        Level::Problem => paint::BAD,
    }
}
