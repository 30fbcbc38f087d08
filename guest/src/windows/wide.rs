//! Texts as Windows has them, its errors, and handles that are closed.

use std::io;

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, INVALID_HANDLE_VALUE};

/// UTF-16 with a zero at its end.
pub(super) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Several texts, each with a zero at its end, and one more behind all.
pub(super) fn wide_list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<u16> {
    let mut list: Vec<u16> = texts.into_iter().flat_map(wide).collect();
    // An empty list has two as well.
    if list.is_empty() {
        list.push(0);
    }
    list.push(0);
    list
}

/// The text before the first zero.
pub(super) fn narrow(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0);
    String::from_utf16_lossy(&units[..end.unwrap_or(units.len())])
}

/// The text at a place, up to the first zero.
///
/// # Safety
/// There is such a text, and it lives as long as the call.
pub(super) unsafe fn narrow_at(text: *const u16) -> String {
    let mut units = Vec::new();
    // SAFETY: what is read ends with the zero that the caller vouches for.
    while let Some(unit) = Some(unsafe { *text.add(units.len()) }).filter(|unit| *unit != 0) {
        units.push(unit);
    }
    String::from_utf16_lossy(&units)
}

/// Windows' words for one of its error codes.
pub(super) fn words(code: u32) -> String {
    io::Error::from_raw_os_error(i32::from_ne_bytes(code.to_ne_bytes())).to_string()
}

/// The error of the call before.
pub(super) fn last(what: &str) -> String {
    format!("{what}: {}", io::Error::last_os_error())
}

/// Takes a call's word for it.
pub(super) fn done(ok: windows_sys::core::BOOL, what: &str) -> Result<(), String> {
    if ok == 0 { Err(last(what)) } else { Ok(()) }
}

/// The same of a call that gives its error code, 0 for none.
pub(super) fn code(code: u32, what: &str) -> Result<(), String> {
    match code {
        0 => Ok(()),
        code => Err(format!("{what}: {}", words(code))),
    }
}

/// A kernel object's handle, closed in the end.
#[derive(Debug)]
pub(super) struct Handle(pub(super) HANDLE);

// SAFETY: a handle is a number that every thread of the process may use.
unsafe impl Send for Handle {}

impl Handle {
    /// What a call gave; both zero and minus one stand for none.
    pub(super) fn new(handle: HANDLE, what: &str) -> Result<Self, String> {
        if handle.is_null() || handle == INVALID_HANDLE_VALUE {
            return Err(last(what));
        }
        Ok(Self(handle))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and nobody uses it afterwards.
        unsafe { CloseHandle(self.0) };
    }
}
