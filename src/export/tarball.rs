//! Entries of tar archives: no time, no names of users, a fixed order, so that equal contents are
//! equal bytes.

use std::io::Write;

use anyhow::Context as _;
use tar::{EntryType, Header};

/// What entries and archives are filled up to.
const BLOCK: usize = 512;

/// A folder, whose name ends with `/`.
pub(super) fn folder(name: &str, owner: u64) -> anyhow::Result<Header> {
    header(name, EntryType::Directory, 0, 0o555, owner)
}

/// A file that nobody writes to.
pub(super) fn file(name: &str, length: u64, owner: u64) -> anyhow::Result<Header> {
    header(name, EntryType::Regular, length, 0o444, owner)
}

/// A whole file.
pub(super) fn put(archive: &mut impl Write, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let length = bytes.len() as u64;
    archive.write_all(file(name, length, 0)?.as_bytes())?;
    archive.write_all(bytes)?;
    fill(archive, length)
}

/// What follows a file's bytes up to the next entry.
pub(super) fn fill(archive: &mut impl Write, length: u64) -> anyhow::Result<()> {
    let zeros = [0; BLOCK];
    let missing = length.next_multiple_of(BLOCK as u64) - length;
    Ok(archive.write_all(&zeros[..usize::try_from(missing)?])?)
}

/// What an archive ends with.
pub(super) fn end(archive: &mut impl Write) -> anyhow::Result<()> {
    Ok(archive.write_all(&[0; 2 * BLOCK])?)
}

/// Of GNU's kind, whose sizes have no bound at 8 GiB.
fn header(
    name: &str,
    kind: EntryType,
    length: u64,
    mode: u32,
    owner: u64,
) -> anyhow::Result<Header> {
    let mut header = Header::new_gnu();
    header
        .set_path(name)
        .with_context(|| format!("no archive has room for the name `{name}`"))?;
    header.set_entry_type(kind);
    header.set_size(length);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}
