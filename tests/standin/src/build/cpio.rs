//! Writes the `newc` archive that the kernel unpacks as its first file system.

use std::collections::BTreeMap;

/// The files and folders of an initramfs; folders are made for each path on the way.
#[derive(Debug, Default)]
pub(super) struct Archive {
    files: BTreeMap<String, (u32, Vec<u8>)>,
}

impl Archive {
    /// Adds a file with these permission bits, at a path without a leading slash.
    pub(super) fn file(&mut self, path: &str, mode: u32, bytes: Vec<u8>) {
        self.folders_to(path);
        self.files.insert(path.into(), (0o100_000 | mode, bytes));
    }

    /// Adds a folder.
    pub(super) fn folder(&mut self, path: &str) {
        self.folders_to(path);
        self.files.insert(path.into(), (0o040_755, Vec::new()));
    }

    fn folders_to(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            let folder = self.files.entry(path[..end].into());
            folder.or_insert((0o040_755, Vec::new()));
        }
    }

    /// The archive's bytes: sorted, without times, so equal files give equal bytes.
    #[must_use]
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (inode, (path, (mode, bytes))) in (1..).zip(&self.files) {
            entry(&mut out, inode, path, *mode, bytes);
        }
        entry(&mut out, 0, "TRAILER!!!", 0, &[]);
        out
    }
}

fn entry(out: &mut Vec<u8>, inode: u32, path: &str, mode: u32, bytes: &[u8]) {
    let links = if mode & 0o040_000 == 0 { 1 } else { 2 };
    let (size, name) = (bytes.len(), path.len() + 1);
    out.extend_from_slice(
        format!(
            "070701{inode:08x}{mode:08x}{:08x}{:08x}{links:08x}{:08x}{size:08x}\
             {:08x}{:08x}{:08x}{:08x}{name:08x}{:08x}",
            0, 0, 0, 0, 0, 0, 0, 0
        )
        .as_bytes(),
    );
    out.extend_from_slice(path.as_bytes());
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_precede_files_and_fields_have_their_width() {
        let mut archive = Archive::default();
        archive.file("a/b/c", 0o755, b"hello".to_vec());
        let bytes = archive.bytes();
        assert_eq!(bytes.len() % 4, 0);
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text.matches("070701").count(), 4);
        assert_eq!(&bytes[110..112], b"a\0", "the first header is 110 bytes");
        assert!(text.find("a/b\0") < text.find("a/b/c\0"));
    }
}
