//! `lucarne iso FILE`: what a Windows ISO holds.

mod document;
mod hash;
mod known;
mod text;

use std::fmt::Write as _;

use camino::Utf8PathBuf;

use crate::cli::print;
use crate::failure::Failure;
use crate::regular;
use crate::windows_iso;
use hash::Hash;
use known::{Advice, Known};

/// Shows what a Windows ISO holds: images and boot images
///
/// Only what is needed is read: nothing is mounted or unpacked.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The ISO, the folder that one was unpacked into, or a WIM by itself
    #[arg(value_name = "FILE")]
    iso: Utf8PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Read it whole for its SHA-256, and tell whether it is a known ISO
    #[arg(long)]
    hash: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.hash && args.iso.is_dir() {
        let what = "error: a folder has no hash\n\nhint: leave out `--hash`\n";
        return Err(Failure::Usage(what.to_owned()));
    }
    let iso = windows_iso::look(&args.iso).map_err(|error| {
        let mut causes = error.chain().filter_map(|cause| cause.downcast_ref());
        if causes.any(regular::is_wrong_path) {
            let hint = "name an ISO, a WIM, or the folder of an unpacked ISO";
            Failure::Usage(format!("error: {error:#}\n\nhint: {hint}\n"))
        } else {
            Failure::Host(error)
        }
    })?;
    let hash = args.hash.then(|| Hash::of(&args.iso)).transpose()?;
    let known = known::table()?;
    let found = |hash: &Hash| Known::find(&known, hash);
    if args.json {
        let document = document::of(&iso, hash.as_ref(), hash.as_ref().and_then(found));
        let json = serde_json::to_string_pretty(&document).map_err(anyhow::Error::from)?;
        return print(&(json + "\n"));
    }
    let mut out = text::of(&iso);
    if let Some(hash) = &hash {
        let advice = Advice {
            hash,
            found: found(hash),
            others: Known::like(&known, iso.release()),
            name: args.iso.file_name().unwrap_or_default(),
        };
        _ = write!(out, "\n{advice}");
    }
    print(&out)
}
