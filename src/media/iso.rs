//! The answer ISO as a file: ISO 9660 with Joliet names, equal bytes for an equal tree.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, anyhow, ensure};
use camino::Utf8Path;
use hadris_fs::{Content, DateTime, Node};
use hadris_iso::{IsoId, IsoLevel, IsoOptions};
use hadris_storage::BlockSize;
use hadris_storage::host::FileDevice;

use super::Tree;
use crate::optical::{self, Entry, Volume};
use crate::payload::Source;
use crate::regular;

/// The volume's label.
pub const LABEL: &str = "LUCARNE";
/// 1980-01-01: what Windows shows for a file without a time, and the least that FAT can say.
const TIME: i64 = 315_532_800;
/// Joliet: 64 UCS-2 characters in a name, 8 levels of folders, 120 characters in a path.
const NAME_UNITS_MAX: usize = 64;
const LEVELS_MAX: usize = 8;
const PATH_UNITS_MAX: usize = 120;
/// Drivers have some MB, and payloads less than 4 GiB.
const BYTES_MAX: u64 = 5 << 30;
/// How much of a file is compared at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Writes the tree beside its place, reads it back, and renames it into its place. `mode`: who may
/// read and write it, as far as the process's own mask lets them.
pub fn write(tree: &Tree, path: &Utf8Path, mode: u32) -> anyhow::Result<()> {
    check_names(tree)?;
    let part = path.with_file_name(format!("{}.part", path.file_name().unwrap_or("answer.iso")));
    let done = make(&part, mode)
        .and_then(|file| render(tree, file, &part))
        .and_then(|()| compare(tree, &part))
        .and_then(|()| fs::rename(&part, path).with_context(|| format!("cannot make `{path}`")));
    if done.is_err() {
        // The error that led here is the one to tell.
        _ = fs::remove_file(&part);
    }
    done
}

/// Makes the file anew: one that was left may be open to others.
fn make(path: &Utf8Path, mode: u32) -> anyhow::Result<File> {
    let cannot = || format!("cannot write `{path}`");
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(cannot);
        }
        _ => {}
    }
    let mut options = File::options();
    options.read(true).write(true).create_new(true).mode(mode);
    options.open(path).with_context(cannot)
}

/// Writes the image. Files of the host's are copied, and never in memory as a whole.
fn render(tree: &Tree, file: File, path: &Utf8Path) -> anyhow::Result<()> {
    let sizes = tree.values().map(|source| match source {
        Source::Bytes(bytes) => bytes.len() as u64,
        Source::File(_, bytes) => *bytes,
    });
    let size: u64 = sizes.sum();
    ensure!(
        size <= BYTES_MAX,
        "the answer ISO would have {size} bytes, more than {BYTES_MAX}"
    );
    let mut input = hadris_fs::Tree::new();
    for (path, source) in tree {
        let about = || format!("the answer ISO's `{path}`");
        let content = match source {
            Source::Bytes(bytes) => Content::bytes(bytes.as_slice()),
            Source::File(file, _) => hadris_fs::host::file(file)
                .map_err(|error| anyhow!(error))
                .with_context(about)?,
        };
        input
            .insert(path, Node::file(content))
            .map_err(|error| anyhow!(error))
            .with_context(about)?;
    }
    let time = DateTime::from_unix_seconds(TIME).map_err(|error| anyhow!(error))?;
    let options = IsoOptions::new()
        .with_id(IsoId::Volume, LABEL)
        .with_id(IsoId::Application, LABEL)
        // Only for programs that do not know Joliet: Windows does.
        .with_level(IsoLevel::L2)
        .with_joliet()
        .with_time(time);
    let report = hadris_iso::plan(&input, &options)
        .map_err(|error| anyhow!(error).context("the answer ISO"))?;
    let block = BlockSize::new(2048).context("2048 is a block size")?;
    let cannot = || format!("cannot write `{path}`");
    file.set_len(report.size()).with_context(cannot)?;
    let mut device = FileDevice::with_block_size(file, block).with_context(cannot)?;
    hadris_iso::sync::write(&mut device, &input, &options)
        .map_err(|error| anyhow!(error))
        .with_context(cannot)?;
    Ok(())
}

/// Names that the disc can hold as they are, and that Windows can tell apart.
fn check_names(tree: &Tree) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    for path in tree.keys() {
        check_name(path)?;
        if !seen.insert(path.to_lowercase()) {
            return Err(wrong(path, "another path differs only in case"));
        }
    }
    Ok(())
}

/// Whether the disc can hold a path as it is.
pub fn check_name(path: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() > LEVELS_MAX {
        let why = format!("it is more than {LEVELS_MAX} levels deep");
        return Err(wrong(path, &why));
    }
    if path.encode_utf16().count() > PATH_UNITS_MAX {
        let why = format!("it has more than {PATH_UNITS_MAX} characters");
        return Err(wrong(path, &why));
    }
    for part in parts {
        if part.encode_utf16().count() > NAME_UNITS_MAX {
            let why = format!("`{part}` has more than {NAME_UNITS_MAX} characters");
            return Err(wrong(path, &why));
        }
        // A separator, wildcard or version mark of Joliet's or Windows' own; a name in
        // UTF-16 pairs, which Joliet's UCS-2 has not; a dot or blank that Windows drops.
        let odd = |c: char| "\\:*?\"<>|;".contains(c) || c.is_control() || c > '\u{ffff}';
        if part.is_empty() || part.contains(odd) || part.ends_with(['.', ' ']) {
            let why = format!("`{}` is no name", part.escape_debug());
            return Err(wrong(path, &why));
        }
    }
    Ok(())
}

fn wrong(path: &str, why: &str) -> anyhow::Error {
    anyhow!("the answer ISO cannot hold `{path}`: {why}")
}

/// Reads everything back: the names and bytes that Windows will see, and no others.
fn compare(tree: &Tree, path: &Utf8Path) -> anyhow::Result<()> {
    let mut volume = optical::open(path)?;
    let mut left: BTreeSet<&str> = tree.keys().map(String::as_str).collect();
    let root = volume.root();
    walk(&mut volume, &root, tree, &mut left)
        .with_context(|| format!("`{path}` does not read back as it was written"))?;
    ensure!(
        left.is_empty(),
        "`{path}` does not read back as it was written: it lacks `{}`",
        left.into_iter().collect::<Vec<_>>().join("`, `")
    );
    Ok(())
}

fn walk<'a>(
    volume: &mut Volume,
    folder: &Entry,
    tree: &'a Tree,
    left: &mut BTreeSet<&'a str>,
) -> anyhow::Result<()> {
    for entry in volume.list(folder)? {
        if entry.is_folder {
            walk(volume, &entry, tree, left)?;
            continue;
        }
        let (name, source) = tree
            .get_key_value(&entry.path)
            .with_context(|| format!("`{}` should not be there", entry.path))?;
        let same = match source {
            Source::Bytes(bytes) => same(volume, &entry, bytes.len() as u64, bytes.as_slice()),
            Source::File(file, bytes) => {
                let opened =
                    regular::open(file).with_context(|| format!("cannot read `{file}`"))?;
                same(volume, &entry, *bytes, opened)
            }
        };
        ensure!(same?, "the bytes of `{name}` differ");
        left.remove(name.as_str());
    }
    Ok(())
}

/// Whether a file of the disc's holds what a reader gives.
fn same(
    volume: &mut Volume,
    entry: &Entry,
    bytes: u64,
    mut of: impl std::io::Read,
) -> anyhow::Result<bool> {
    if entry.bytes != bytes {
        return Ok(false);
    }
    let (mut found, mut wanted) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    let mut at = 0;
    while at < bytes {
        let length = usize::try_from((bytes - at).min(CHUNK_BYTES as u64))?;
        volume.read_at(entry, at, &mut found[..length])?;
        of.read_exact(&mut wanted[..length])?;
        if found[..length] != wanted[..length] {
            return Ok(false);
        }
        at += length as u64;
    }
    Ok(true)
}
