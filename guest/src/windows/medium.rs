//! Media in CD drives: a drive that has just been found may not have mounted its medium yet.

use std::fs::File;
use std::io::Error;
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_NO_MEDIA_IN_DRIVE, ERROR_NOT_READY, ERROR_PATH_NOT_FOUND,
    ERROR_UNRECOGNIZED_MEDIA, ERROR_UNRECOGNIZED_VOLUME,
};

/// How long a medium may take to be mounted. An empty drive is as little ready.
const MOUNT: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(100);

/// Opens a file of a medium, once it can be; `None` where the drive is empty, or has another
/// medium that has no such file.
///
/// Everything else is an error: what somebody has put in must not count as not there.
pub(super) fn open(path: &str) -> Result<Option<File>, Error> {
    let end = Instant::now() + MOUNT;
    loop {
        match File::open(path) {
            Ok(file) => return Ok(Some(file)),
            Err(error) if is(&error, &[ERROR_NOT_READY]) && Instant::now() < end => {
                thread::park_timeout(LOOK);
            }
            Err(error) if is(&error, &NOTHING) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

const NOTHING: [u32; 4] = [
    ERROR_FILE_NOT_FOUND,
    ERROR_PATH_NOT_FOUND,
    ERROR_NOT_READY,
    ERROR_NO_MEDIA_IN_DRIVE,
];

/// Whether Windows knows no file system on the medium: it is somebody's, and none of ours.
pub(super) fn is_foreign(error: &Error) -> bool {
    is(
        error,
        &[ERROR_UNRECOGNIZED_VOLUME, ERROR_UNRECOGNIZED_MEDIA],
    )
}

fn is(error: &Error, codes: &[u32]) -> bool {
    let is = |code: &u32| error.raw_os_error() == Some(i32::from_ne_bytes(code.to_ne_bytes()));
    codes.iter().any(is)
}
