//! Hostile bytes, straight to the readers that otherwise need a disc around them: for fuzzers.

use anyhow::{Context as _, bail};

use super::tree::Tree;
use super::{setup_files, wim};

/// A WIM by itself.
pub fn wim(bytes: &[u8]) {
    _ = wim::read(&mut Memory, &bytes.to_vec());
}

/// Either of the two files that Setup reads beside the images.
pub fn setup_files(bytes: &[u8]) {
    _ = setup_files::ei_cfg(bytes);
    _ = setup_files::pid(bytes);
}

/// Files that are in memory.
struct Memory;

impl Tree for Memory {
    type File = Vec<u8>;

    fn files(&mut self, _: &str) -> anyhow::Result<Vec<Vec<u8>>> {
        bail!("there are no folders")
    }

    fn root_names(&mut self) -> anyhow::Result<Vec<String>> {
        bail!("there are no folders")
    }

    fn path(_: &Vec<u8>) -> &'static str {
        "install.wim"
    }

    fn bytes(file: &Vec<u8>) -> u64 {
        file.len() as u64
    }

    fn check_whole(&mut self, _: &Vec<u8>) -> anyhow::Result<()> {
        Ok(())
    }

    fn read_at(&mut self, file: &Vec<u8>, at: u64, buffer: &mut [u8]) -> anyhow::Result<()> {
        let start = usize::try_from(at)?;
        let end = start.checked_add(buffer.len()).context("it is too far")?;
        buffer.copy_from_slice(file.get(start..end).context("it ends before")?);
        Ok(())
    }
}
