//! The files of a Windows ISO, wherever they are: on a disc, or in a folder that one was unpacked
//! into.

use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use hadris_storage::sync::BlockDevice;

use crate::optical::{Entry, Volume};
use crate::regular;

/// Entries of one folder; `sources` of a Windows ISO has about a thousand.
const ENTRIES_MAX: usize = 8192;

/// Where files can be found and read.
pub(super) trait Tree {
    type File;

    /// The files of a folder, none where there is no such folder. Windows does not care for case,
    /// so neither does this.
    fn files(&mut self, folder: &str) -> anyhow::Result<Vec<Self::File>>;

    /// What the root holds, for people.
    fn root_names(&mut self) -> anyhow::Result<Vec<String>>;

    /// A file's path from the root, with `/`.
    fn path(file: &Self::File) -> &str;

    fn bytes(file: &Self::File) -> u64;

    /// Says so if a file's bytes are not all there.
    fn check_whole(&mut self, file: &Self::File) -> anyhow::Result<()>;

    /// Fills the buffer from a place in a file.
    fn read_at(&mut self, file: &Self::File, at: u64, buffer: &mut [u8]) -> anyhow::Result<()>;

    /// Reads a whole file of at most `limit` bytes.
    fn read(&mut self, file: &Self::File, limit: u64) -> anyhow::Result<Vec<u8>> {
        let bytes = Self::bytes(file);
        ensure!(
            bytes <= limit,
            "`{}` has {bytes} bytes, more than the {limit} expected of it",
            Self::path(file)
        );
        self.check_whole(file)?;
        let mut buffer = vec![0; usize::try_from(bytes)?];
        self.read_at(file, 0, &mut buffer)?;
        Ok(buffer)
    }
}

/// The one of some files with a name; an exact match goes before one that differs in case.
pub(super) fn named<'a, T: Tree>(files: &'a [T::File], name: &str) -> Option<&'a T::File> {
    let is = |file: &T::File, same: fn(&str, &str) -> bool| {
        let path = T::path(file);
        same(path.rsplit('/').next().unwrap_or(path), name)
    };
    let exact = files.iter().find(|file| is(file, |a, b| a == b));
    exact.or_else(|| {
        files
            .iter()
            .find(|file| is(file, str::eq_ignore_ascii_case))
    })
}

impl<D: BlockDevice> Tree for Volume<D> {
    type File = Entry;

    fn files(&mut self, folder: &str) -> anyhow::Result<Vec<Entry>> {
        let Some(folder) = self.find(folder)?.filter(|found| found.is_folder) else {
            return Ok(Vec::new());
        };
        let mut files = self.list(&folder)?;
        files.retain(|file| !file.is_folder);
        Ok(files)
    }

    fn root_names(&mut self) -> anyhow::Result<Vec<String>> {
        let root = self.root();
        let entries = self.list(&root)?;
        Ok(entries.into_iter().map(|entry| entry.path).collect())
    }

    fn path(file: &Entry) -> &str {
        &file.path
    }

    fn bytes(file: &Entry) -> u64 {
        file.bytes
    }

    fn check_whole(&mut self, file: &Entry) -> anyhow::Result<()> {
        Volume::check_whole(self, file)
    }

    fn read_at(&mut self, file: &Entry, at: u64, buffer: &mut [u8]) -> anyhow::Result<()> {
        Volume::read_at(self, file, at, buffer)
    }
}

/// A folder of the host.
#[derive(Debug)]
pub(super) struct Folder {
    root: Utf8PathBuf,
}

/// A file of the host. It is opened when it is read: a folder has more files than a process may
/// have open.
#[derive(Debug)]
pub(super) struct HostFile {
    path: String,
    bytes: u64,
    place: Utf8PathBuf,
}

impl Folder {
    pub(super) fn new(root: &Utf8Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The names in a folder in their order; `None` where there is no such folder. Those that are
    /// not UTF-8 are left out: no file that Setup reads has one.
    fn names(path: &Utf8Path) -> anyhow::Result<Option<Vec<String>>> {
        let cannot = || format!("cannot list the folder `{path}`");
        let entries = match path.as_std_path().read_dir() {
            Ok(entries) => entries,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(cannot),
        };
        let mut names = Vec::new();
        for entry in entries {
            ensure!(
                names.len() < ENTRIES_MAX,
                "{}: it has more than {ENTRIES_MAX} entries",
                cannot()
            );
            let name = entry.with_context(cannot)?.file_name();
            names.extend(name.into_string());
        }
        names.sort();
        Ok(Some(names))
    }
}

impl HostFile {
    /// A file, and how messages name it.
    pub(super) fn new(place: &Utf8Path, path: String) -> anyhow::Result<Self> {
        let facts = place.metadata();
        let facts = facts.with_context(|| format!("cannot read `{place}`"))?;
        Ok(Self {
            path,
            bytes: facts.len(),
            place: place.to_owned(),
        })
    }
}

impl Tree for Folder {
    type File = HostFile;

    fn files(&mut self, folder: &str) -> anyhow::Result<Vec<HostFile>> {
        let mut here = self.root.clone();
        let mut shown = String::new();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            let names = Self::names(&here)?.unwrap_or_default();
            let exact = names.iter().find(|name| *name == part);
            let any = || names.iter().find(|name| name.eq_ignore_ascii_case(part));
            let Some(name) = exact.or_else(any) else {
                return Ok(Vec::new());
            };
            here.push(name);
            shown += name;
            shown.push('/');
        }
        let mut files = Vec::new();
        for name in Self::names(&here)?.unwrap_or_default() {
            let place = here.join(&name);
            if place.is_file() {
                files.push(HostFile::new(&place, format!("{shown}{name}"))?);
            }
        }
        Ok(files)
    }

    fn root_names(&mut self) -> anyhow::Result<Vec<String>> {
        Ok(Self::names(&self.root)?.unwrap_or_default())
    }

    fn path(file: &HostFile) -> &str {
        &file.path
    }

    fn bytes(file: &HostFile) -> u64 {
        file.bytes
    }

    fn check_whole(&mut self, _: &HostFile) -> anyhow::Result<()> {
        Ok(())
    }

    fn read_at(&mut self, file: &HostFile, at: u64, buffer: &mut [u8]) -> anyhow::Result<()> {
        let len = buffer.len();
        let what = || format!("cannot read {len} bytes of `{}` at byte {at}", file.path);
        let open = regular::open(&file.place);
        open.and_then(|open| open.read_exact_at(buffer, at))
            .with_context(what)
    }
}
