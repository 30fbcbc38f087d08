//! Reads a chain of qcow2 as a layer's sealing does, through `qemu-nbd` and our own client: what
//! the checks with real tools look at. Prints the SHA-256 of the disk's bytes, or with `--sparse`
//! of those alone that are not zeros, with their places; and each part that lies in the image
//! itself.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use lucarne::disk::Source as _;
use lucarne::qemu::Served;
use lucarne::tools::Tools;
use sha2::{Digest as _, Sha256};

/// What is zeros or not.
const PIECE_BYTES: usize = 64 << 10;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (tools, image, folder, sparse) = match args.as_slice() {
        [tools, image, folder] => (tools, image, folder, false),
        [tools, image, folder, how] if how == "--sparse" => (tools, image, folder, true),
        _ => bail!("usage: chain TOOLS.json IMAGE FOLDER [--sparse]"),
    };
    let tools = Tools::read(tools.as_str().into())?;
    let disk = Served::read(
        &tools,
        image.as_str().into(),
        folder.as_str().into(),
        "chain",
    )?;
    let mut hash = Sha256::new();
    let (mut buffer, zeros) = (vec![0; 8 << 20], vec![0; 8 << 20]);
    let mut at = 0;
    while at < disk.size() {
        let length =
            usize::try_from(disk.size() - at).map_or(buffer.len(), |n| n.min(buffer.len()));
        let part = &mut buffer[..length];
        disk.read_at(at, part)
            .with_context(|| format!("at byte {at}"))?;
        for (piece, nothing) in part.chunks(PIECE_BYTES).zip(zeros.chunks(PIECE_BYTES)) {
            let is_nothing = piece == &nothing[..piece.len()];
            if sparse && !is_nothing {
                hash.update(at.to_le_bytes());
            }
            if !sparse || !is_nothing {
                hash.update(piece);
            }
            at += piece.len() as u64;
        }
    }
    println!("{:x}", hash.finalize());
    for extent in disk.own_extents()? {
        println!("{} {}", extent.offset, extent.length);
    }
    disk.finish()
}
