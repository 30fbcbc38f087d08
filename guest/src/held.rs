//! Files that others hold open for a moment: virus scanners, the indexer, backup.

use std::io;
use std::time::Duration;

/// How long it is tried: scanners let go within a second.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long until the next try.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether an error may be gone soon, from winerror.h.
#[must_use]
pub fn is_for_a_moment(error: &io::Error) -> bool {
    // A file that another program has open and has marked to be deleted, or does not let be
    // replaced, is "access denied".
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    const USER_MAPPED_FILE: i32 = 1224;
    let codes = [
        ACCESS_DENIED,
        SHARING_VIOLATION,
        LOCK_VIOLATION,
        USER_MAPPED_FILE,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Does something to a file, again while another program holds it. The last error is told.
pub fn patiently<T>(
    mut act: impl FnMut() -> io::Result<T>,
    mut wait: impl FnMut(Duration),
) -> io::Result<T> {
    let mut left = PATIENCE;
    loop {
        match act() {
            Err(error) if is_for_a_moment(&error) && !left.is_zero() => {
                wait(PAUSE);
                left = left.saturating_sub(PAUSE);
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often it is tried, and how it ends, when the first tries end with a code.
    fn tried(code: i32, failures: u32) -> (u32, bool) {
        let mut tries = 0;
        let done = patiently(
            || {
                tries += 1;
                if tries > failures {
                    Ok(())
                } else {
                    Err(io::Error::from_raw_os_error(code))
                }
            },
            |_| {},
        );
        (tries, done.is_ok())
    }

    #[test]
    fn a_file_that_somebody_holds_is_tried_again() {
        for code in [5, 32, 33, 1224] {
            assert_eq!(tried(code, 3), (4, true), "{code}");
        }
        // For ever is too long.
        assert_eq!(tried(32, u32::MAX), (101, false));
        // The path is not found, the disk is full.
        assert_eq!(tried(3, 1), (1, false));
        assert_eq!(tried(112, 1), (1, false));
    }
}
