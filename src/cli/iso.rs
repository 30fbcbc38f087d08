//! `lucarne iso FILE`: what a Windows ISO holds.

mod document;
mod hash;
mod known;
mod text;

use std::fmt::Write as _;

use anyhow::anyhow;
use camino::Utf8PathBuf;

use crate::cli::{path, print};
use crate::failure::Failure;
use crate::regular;
use crate::windows_iso::{self, Files};
use hash::Hash;
use known::{Advice, Known};

/// Shows what a Windows ISO holds: images and boot images
///
/// Only what is needed is read: nothing is mounted or unpacked.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The ISO, the folder that one was unpacked into, or a WIM by itself
    #[arg(value_name = "FILE", value_parser = path)]
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
    let iso = windows_iso::look(&args.iso).map_err(unreadable)?;
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
            others: Known::like(&known, &iso),
            name: args.iso.file_name().unwrap_or_default(),
            is_iso: iso.files != Files::Wim,
        };
        _ = write!(out, "\n{advice}");
    }
    print(&out)
}

/// Why a file tells nothing, and what to do about it.
fn unreadable(error: anyhow::Error) -> Failure {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref());
    if causes.any(regular::is_wrong_path) {
        let hint = "name an ISO, a WIM, or the folder of an unpacked ISO";
        return Failure::Usage(format!("error: {error:#}\n\nhint: {hint}\n"));
    }
    let failure = Failure::Host(error);
    if failure.host_hint().is_some() {
        return failure;
    }
    let hint = "see that the download is whole, and that it is an ISO of Windows, a WIM, or the \
                folder of an unpacked ISO";
    Failure::Host(anyhow!("{failure}\n\nhint: {hint}"))
}
