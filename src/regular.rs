//! Opening a file that a user named: at once or not at all.
//!
//! A pipe without a writer would wait for one, and a device may do anything when it is opened.

use std::fs::{File, FileType};
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;

use camino::Utf8Path;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Opens a regular file for reading. Links are followed.
pub fn open(path: &Utf8Path) -> io::Result<File> {
    check(std::fs::metadata(path)?.file_type())?;
    // Another thing may have taken the file's place meanwhile.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path.as_std_path(), flags, Mode::empty())?);
    check(file.metadata()?.file_type())?;
    Ok(file)
}

/// Reads a regular file of at most so many bytes.
pub fn read(path: &Utf8Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A file may grow while it is read.
    open(path)?
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let message = format!("it has more than {bytes_max} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(bytes)
}

/// Whether a path itself is why it cannot be opened: nothing that can be read is there. What else
/// goes wrong is the host's failure.
#[must_use]
pub fn is_wrong_path(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    let kinds = [
        Kind::InvalidInput,
        Kind::IsADirectory,
        Kind::NotADirectory,
        Kind::NotFound,
    ];
    let errnos = [Errno::LOOP, Errno::NAMETOOLONG];
    let errno = Errno::from_io_error(error);
    kinds.contains(&error.kind()) || errno.is_some_and(|errno| errnos.contains(&errno))
}

fn check(kind: FileType) -> io::Result<()> {
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let message = format!("it is {what}, not a regular file");
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use camino::Utf8Path;
    use rustix::fs::{CWD, FileType, Mode};

    use super::{is_wrong_path, open};

    #[test]
    fn what_is_no_regular_file_is_told_at_once() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("is UTF-8");
        let (pipe, socket) = (folder.join("pipe"), folder.join("socket"));
        rustix::fs::mknodat(CWD, pipe.as_std_path(), FileType::Fifo, Mode::RUSR, 0)
            .expect("the test may make a pipe");
        let _listener = UnixListener::bind(&socket).expect("the test may listen");
        let long = folder.join("x".repeat(300));
        let check = |path: &Utf8Path, says: &str| {
            let error = open(path).expect_err("is no file");
            assert!(error.to_string().contains(says), "{path}: {error}");
            assert!(is_wrong_path(&error), "{path}: {error}");
        };
        check(folder, "a folder, not a regular file");
        check(&pipe, "a pipe, not a regular file");
        check(&socket, "a socket, not a regular file");
        check(Utf8Path::new("/dev/null"), "a device, not a regular file");
        check(&folder.join("absent"), "No such file");
        check(&folder.join("a\0b"), "NUL");
        check(&long, "too long");
        let file = folder.join("file");
        std::fs::write(&file, "a").expect("the test may write");
        check(&file.join("b"), "Not a directory");
        open(&file).expect("is a file");
    }
}
