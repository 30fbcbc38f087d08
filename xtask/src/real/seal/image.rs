//! Disks as an install leaves them, made by other people's tools.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};

use crate::test::Context;

pub(crate) const LIMIT: Duration = Duration::from_secs(300);
pub(crate) const MIB: u64 = 1 << 20;
const BLOCK: usize = 64 << 10;

/// A disk, and where its Windows volume begins.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    pub(crate) path: Utf8PathBuf,
    pub(crate) windows: u64,
}

/// A folder that looks like a Windows, with a few files more.
pub(crate) fn tree(context: &Context, files: &[(&str, &[u8])]) -> Result<Utf8PathBuf> {
    let tree = context.folder.join("tree");
    let windows: [(&str, &[u8]); 5] = [
        ("Windows/System32/ntoskrnl.exe", &noise(3_000_000)),
        ("Windows/System32/config/SYSTEM", &noise(500_000)),
        ("Windows/System32/config/SOFTWARE", &noise(700_001)),
        (
            "Windows/Panther/setupact.log",
            b"2026-01-01, Info, done\r\n",
        ),
        ("Users/M\u{fc}ller/letter.txt", b"dear reader"),
    ];
    for (path, bytes) in windows.iter().chain(files) {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs::write(path, bytes)?;
    }
    Ok(tree)
}

/// Bytes that no compression shortens, the same each time.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// An NTFS volume that holds a folder, as Setup applies it: by an image's files.
pub(crate) fn ntfs(context: &Context, tree: &Utf8Path, size: u64) -> Result<Utf8PathBuf> {
    let (wim, volume) = (context.folder.join("t.wim"), context.folder.join("ntfs"));
    let capture = ["capture", tree.as_str(), wim.as_str(), "--compress=none"];
    context.read(LIMIT, &[&["wimlib-imagex"], &capture[..]].concat())?;
    empty_ntfs(context, &volume, size)?;
    let apply = ["apply", wim.as_str(), "1", volume.as_str()];
    context.read(LIMIT, &[&["wimlib-imagex"], &apply[..]].concat())?;
    Ok(volume)
}

pub(crate) fn empty_ntfs(context: &Context, volume: &Utf8Path, size: u64) -> Result<()> {
    File::create(volume)?.set_len(size)?;
    let geometry = ["-s", "512", "-H", "16", "-S", "63", "-p", "2048"];
    let make = [&["mkntfs", "-q", "-F"], &geometry[..], &[volume.as_str()]].concat();
    context.read(LIMIT, &make)?;
    Ok(())
}

/// GPT: EFI system partition, Microsoft's reserved one, Windows.
pub(crate) fn gpt(context: &Context, ntfs: &Utf8Path) -> Result<Disk> {
    let (path, esp) = (context.folder.join("gpt.raw"), context.folder.join("esp"));
    File::create(&esp)?.set_len(64 * MIB)?;
    context.read(LIMIT, &["mkfs.fat", "-F", "32", "-s", "1", esp.as_str()])?;
    let windows = (1 + 64 + 16) * MIB;
    let size = windows + fs::metadata(ntfs)?.len() + MIB;
    File::create(&path)?.set_len(size)?;
    let last = format!("--new=3:{}:{}", windows / 512, (size - MIB) / 512 - 1);
    #[rustfmt::skip]
    let arguments = [
        "sgdisk", "--clear",
        "--new=1:2048:+64M", "--typecode=1:ef00",
        "--new=2:0:+16M", "--typecode=2:0c01",
        last.as_str(), "--typecode=3:0700",
        path.as_str(),
    ];
    context.read(LIMIT, &arguments)?;
    put(&path, MIB, &esp)?;
    put(&path, windows, ntfs)?;
    Ok(Disk { path, windows })
}

/// MBR: the active system partition, Windows.
pub(crate) fn mbr(context: &Context, ntfs: &Utf8Path) -> Result<Disk> {
    let (path, system) = (context.folder.join("mbr.raw"), context.folder.join("sys"));
    empty_ntfs(context, &system, 16 * MIB)?;
    let (windows, length) = (17 * MIB, fs::metadata(ntfs)?.len());
    let file = File::create(&path)?;
    file.set_len(windows + length)?;
    let mut sector = [0; 512];
    let entries = [(0x80, MIB, 16 * MIB), (0, windows, length)];
    for (place, (active, offset, length)) in entries.into_iter().enumerate() {
        let entry = &mut sector[446 + 16 * place..][..16];
        (entry[0], entry[4]) = (active, 7);
        entry[8..12].copy_from_slice(&u32::try_from(offset / 512)?.to_le_bytes());
        entry[12..].copy_from_slice(&u32::try_from(length / 512)?.to_le_bytes());
    }
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    file.write_all_at(&sector, 0)?;
    put(&path, MIB, &system)?;
    put(&path, windows, ntfs)?;
    Ok(Disk { path, windows })
}

/// Copies a file into another, its zeros left out.
fn put(into: &Utf8Path, offset: u64, from: &Utf8Path) -> Result<()> {
    let (into, from) = (File::options().write(true).open(into)?, File::open(from)?);
    let size = from.metadata()?.len();
    let mut block = vec![0; BLOCK];
    let mut at = 0;
    while at < size {
        let length = usize::try_from(size - at).map_or(BLOCK, |left| left.min(BLOCK));
        from.read_exact_at(&mut block[..length], at)?;
        if block[..length].iter().any(|byte| *byte != 0) {
            into.write_all_at(&block[..length], offset + at)?;
        }
        at += length as u64;
    }
    Ok(())
}

impl Disk {
    /// A copy to spoil.
    pub(crate) fn copy(&self, name: &str) -> Result<Self> {
        let path = self.path.with_file_name(name);
        File::create(&path)?.set_len(fs::metadata(&self.path)?.len())?;
        put(&path, 0, &self.path)?;
        Ok(Self {
            path,
            windows: self.windows,
        })
    }

    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let file = File::options().write(true).open(&self.path)?;
        Ok(file.write_all_at(bytes, offset)?)
    }

    /// Where the only one of some bytes is.
    pub(crate) fn find(&self, bytes: &[u8]) -> Result<Option<u64>> {
        let all = fs::read(&self.path)?;
        let found = all.windows(bytes.len()).position(|part| part == bytes);
        Ok(found.map(|at| at as u64))
    }

    /// Where a record of the Windows volume's MFT begins.
    pub(crate) fn record(&self, number: u64) -> Result<u64> {
        let mut cluster = [0; 8];
        File::open(&self.path)?.read_exact_at(&mut cluster, self.windows + 48)?;
        Ok(self.windows + u64::from_le_bytes(cluster) * 4096 + number * 1024)
    }
}
