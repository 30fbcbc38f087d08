//! Hearing of changes in a folder, or of a file, without looking again and again.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use anyhow::Context as _;
use camino::Utf8Path;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use rustix::io::Errno;

/// A watch. What changes from its making on is heard of, however late it is waited for.
#[derive(Debug)]
pub(crate) struct Watch(OwnedFd);

#[cfg_attr(
    not(any(test, feature = "cli")),
    allow(dead_code, reason = "the builder waits for a child's end beside it")
)]
impl Watch {
    /// Of files that appear in a folder.
    pub(crate) fn of_new(folder: &Utf8Path) -> anyhow::Result<Self> {
        Self::new(folder, WatchFlags::CREATE | WatchFlags::MOVED_TO)
    }

    /// Of everything that is written in a folder.
    pub(crate) fn of_written(folder: &Utf8Path) -> anyhow::Result<Self> {
        let written = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::MODIFY;
        Self::new(folder, written)
    }

    /// Of a file's being closed by who might have written to it.
    pub(crate) fn of_closing(file: &Utf8Path) -> anyhow::Result<Self> {
        Self::new(file, WatchFlags::CLOSE_WRITE)
    }

    fn new(path: &Utf8Path, of: WatchFlags) -> anyhow::Result<Self> {
        let cannot = || format!("cannot watch `{path}`");
        let watch = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).with_context(cannot)?;
        add_watch(&watch, path.as_std_path(), of).with_context(cannot)?;
        Ok(Self(watch))
    }

    /// Waits for a change, or until a time: whether there was one.
    pub(crate) fn wait(&self, until: Option<Instant>) -> anyhow::Result<bool> {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let left = left.map(Timespec::try_from).transpose();
            let left = left.context("a deadline out of range")?;
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], left.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) => return self.pass_over().map(|()| true),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error).context("cannot wait for a change"),
            }
        }
    }

    /// Takes the events that came; that some did is all they say.
    pub(crate) fn pass_over(&self) -> anyhow::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            match rustix::io::read(&self.0, &mut buffer) {
                Ok(1..) | Err(Errno::INTR) => {}
                Ok(0) | Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error).context("cannot hear of changes"),
            }
        }
    }
}

/// For who waits for more than that.
impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn each_hears_of_its_own_changes_and_of_those_before_it_waits() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let file = folder.join("a");
        let heard = |watch: &Watch| watch.wait(Some(Instant::now())).expect("can wait");
        let (new, written) = (
            Watch::of_new(folder).expect("is there"),
            Watch::of_written(folder).expect("is there"),
        );
        assert!(!heard(&new) && !heard(&written));
        fs::write(&file, "one").expect("is writable");
        assert!(heard(&new) && heard(&written));
        assert!(!heard(&new) && !heard(&written), "each is heard of once");
        fs::write(&file, "two").expect("is writable");
        assert!(!heard(&new) && heard(&written));
        let closing = Watch::of_closing(&file).expect("is there");
        drop(File::open(&file).expect("is there"));
        assert!(!heard(&closing), "who reads writes nothing");
        drop(File::options().write(true).open(&file).expect("is there"));
        assert!(heard(&closing));
        let error = Watch::of_new(&folder.join("b")).expect_err("is not there");
        assert!(error.to_string().starts_with("cannot watch `"), "{error}");
    }
}
