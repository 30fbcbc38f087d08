//! COM1: opened for one line, written within a time, closed.
//!
//! Others write there too, such as `ErrorHandler.cmd`, and the port has one owner at a time.

use std::ptr::{null, null_mut};
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Devices::Communication::{
    COMMTIMEOUTS, PURGE_TXABORT, PURGE_TXCLEAR, PurgeComm, SetCommTimeouts,
};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_BUSY, ERROR_SHARING_VIOLATION, GENERIC_READ, GENERIC_WRITE,
    GetLastError, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{CreateFileW, OPEN_EXISTING, WriteFile};

use super::wide::{Handle, wide};
use crate::report::{self, Patience};

/// How long to leave the port to who has it.
const BUSY: Duration = Duration::from_millis(20);

/// The port that the host listens to.
#[derive(Debug)]
pub(super) struct Port {
    name: Vec<u16>,
    patience: Patience,
}

impl Port {
    pub(super) fn new(number: u32) -> Self {
        Self {
            name: wide(&report::port(number)),
            patience: Patience::default(),
        }
    }

    /// Writes a line, or gives up in time. A machine without the port is no failure: nobody
    /// listens there.
    pub(super) fn write(&mut self, line: &str) {
        let limit = Duration::from_millis(self.patience.line_ms());
        let begin = Instant::now();
        let arrived = match self.open(begin + limit) {
            Some(port) => write(&port, line.as_bytes(), limit),
            None => false,
        };
        let ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.patience.waited(ms, arrived);
    }

    fn open(&self, until: Instant) -> Option<Handle> {
        loop {
            // SAFETY: the name ends with a zero.
            let port = unsafe {
                CreateFileW(
                    self.name.as_ptr(),
                    GENERIC_READ | GENERIC_WRITE,
                    0,
                    null(),
                    OPEN_EXISTING,
                    0,
                    null_mut(),
                )
            };
            if port != INVALID_HANDLE_VALUE {
                return Some(Handle(port));
            }
            // SAFETY: the call has no conditions.
            let error = unsafe { GetLastError() };
            let busy = [ERROR_ACCESS_DENIED, ERROR_BUSY, ERROR_SHARING_VIOLATION];
            if !busy.contains(&error) || Instant::now() >= until {
                return None;
            }
            thread::park_timeout(BUSY);
        }
    }
}

/// True when all of it was taken.
fn write(port: &Handle, bytes: &[u8], limit: Duration) -> bool {
    let time_outs = COMMTIMEOUTS {
        WriteTotalTimeoutConstant: u32::try_from(limit.as_millis()).unwrap_or(u32::MAX),
        ..Default::default()
    };
    let until = Instant::now() + limit;
    let mut left = bytes;
    // SAFETY: the port is open. One that knows no time-outs refuses them, and is not written to:
    // the call below might then never return.
    if unsafe { SetCommTimeouts(port.0, &raw const time_outs) } == 0 {
        return false;
    }
    while !left.is_empty() {
        let length = u32::try_from(left.len()).unwrap_or(u32::MAX);
        let mut written = 0;
        // SAFETY: `left` has `length` bytes, and the port was not opened to overlap.
        let ok = unsafe { WriteFile(port.0, left.as_ptr(), length, &raw mut written, null_mut()) };
        left = left.get(written as usize..).unwrap_or_default();
        if ok == 0 || (!left.is_empty() && Instant::now() >= until) {
            // What is still in the port's buffer would make closing it wait.
            // SAFETY: the port is open.
            unsafe { PurgeComm(port.0, PURGE_TXABORT | PURGE_TXCLEAR) };
            return false;
        }
    }
    true
}
