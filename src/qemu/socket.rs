//! Sockets in folders whose paths may be too long for a socket's name, which Linux bounds at 107
//! bytes: they are named by way of the folder, opened.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixListener as PlainListener;
use std::os::unix::net::UnixStream as PlainStream;

use anyhow::Context as _;
use camino::Utf8Path;
use rustix::fs::{Mode, OFlags, open};
use tokio::net::{UnixListener, UnixStream};

/// A folder that is held open, so that what is in it has a short path.
struct Place(OwnedFd);

impl Place {
    /// A folder of a group may be passed through and not listed, so it is not opened for reading.
    fn open(folder: &Utf8Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(open(folder.as_std_path(), flags, Mode::empty())?))
    }

    fn at(&self, name: &str) -> String {
        format!("/proc/self/fd/{}/{name}", self.0.as_raw_fd())
    }
}

/// Listens.
pub(crate) fn listen(folder: &Utf8Path, name: &str) -> anyhow::Result<UnixListener> {
    let listener = listen_plainly(folder, name)?;
    let listener = listener
        .set_nonblocking(true)
        .and_then(|()| UnixListener::from_std(listener));
    listener.with_context(|| format!("cannot wait on `{folder}/{name}`"))
}

/// The same, for a child's input.
pub(crate) fn listen_plainly(folder: &Utf8Path, name: &str) -> anyhow::Result<PlainListener> {
    let place = Place::open(folder);
    let bound = place.and_then(|place| PlainListener::bind(place.at(name)));
    bound.with_context(|| format!("cannot listen on `{folder}/{name}`"))
}

/// Connects.
pub(crate) async fn connect(folder: &Utf8Path, name: &str) -> anyhow::Result<UnixStream> {
    let cannot = || format!("cannot connect to `{folder}/{name}`");
    let place = Place::open(folder).with_context(cannot)?;
    let connected = UnixStream::connect(place.at(name)).await;
    connected.with_context(cannot)
}

/// The same for who blocks.
pub(crate) fn connect_plainly(folder: &Utf8Path, name: &str) -> io::Result<PlainStream> {
    let place = Place::open(folder)?;
    PlainStream::connect(place.at(name))
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use rustix::fs::fcntl_getfl;

    use super::*;

    /// As a group's members see the runtime folder of a machine: they may go through it, no more.
    #[test]
    fn a_folder_that_may_not_be_listed_is_passed_through() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let _listens = listen_plainly(folder, "a.sock").expect("is writable");
        set_permissions(folder, Permissions::from_mode(0o100)).expect("is ours");
        connect_plainly(folder, "a.sock").expect("somebody listens");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let connected = runtime.block_on(connect(folder, "a.sock"));
        connected.expect("somebody listens");
        // The superuser may list every folder, and would not be told apart by that.
        let place = Place::open(folder).expect("is there");
        let flags = fcntl_getfl(&place.0).expect("is open");
        assert!(flags.contains(OFlags::PATH), "{flags:?}");
        set_permissions(folder, Permissions::from_mode(0o700)).expect("is ours");
    }

    #[test]
    fn a_folder_of_any_length_will_do() {
        let keep = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(keep.path()).expect("UTF-8");
        let folder = folder.join("a".repeat(120));
        std::fs::create_dir(&folder).expect("is writable");
        let _listens = listen_plainly(&folder, "a.sock").expect("is writable");
        connect_plainly(&folder, "a.sock").expect("somebody listens");
        let error = connect_plainly(&folder, "b.sock").expect_err("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
