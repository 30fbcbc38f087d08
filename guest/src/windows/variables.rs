//! The environment as a program that starts now gets it: what earlier steps changed included.

use std::collections::BTreeMap;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::TOKEN_QUERY;
use windows_sys::Win32::System::Environment::{CreateEnvironmentBlock, DestroyEnvironmentBlock};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    HWND_BROADCAST, SMTO_ABORTIFHUNG, SendMessageTimeoutW, WM_SETTINGCHANGE,
};

use super::wide::{Handle, done, narrow, wide};

/// Variables by their names in upper case, each with its name as it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(BTreeMap<String, (String, String)>);

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let found = self.0.get(&name.to_uppercase());
        found.map(|(_, value)| value.clone())
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let entry = (name.to_owned(), value.to_owned());
        self.0.insert(name.to_uppercase(), entry);
    }

    /// As `CreateProcessW` takes them: sorted, each with a zero, and one more.
    pub(super) fn block(&self) -> Vec<u16> {
        let texts = self
            .0
            .values()
            .map(|(name, value)| format!("{name}={value}"));
        let texts: Vec<String> = texts.collect();
        super::wide::wide_list(texts.iter().map(String::as_str))
    }
}

/// What the registry has for this account now. The program's own environment is as old as the
/// program.
pub(super) fn fresh() -> Result<Variables, String> {
    let what = "cannot read the environment";
    let mut token: HANDLE = null_mut();
    // SAFETY: the process's own pseudo-handle needs no closing, and `token` takes the handle.
    let opened = unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) };
    done(opened, what)?;
    let token = Handle::new(token, what)?;
    let mut block = null_mut();
    // SAFETY: the token is open, and `block` takes the pointer.
    done(
        unsafe { CreateEnvironmentBlock(&raw mut block, token.0, 0) },
        what,
    )?;
    let mut variables = Variables::default();
    let mut at: *const u16 = block.cast();
    loop {
        // SAFETY: the block is a run of texts that each end with a zero; an empty one ends it.
        let units = unsafe { until_zero(at) };
        if units.is_empty() {
            break;
        }
        let text = narrow(units);
        // The names of some variables of cmd's begin with `=`.
        if let Some(equals) = text.char_indices().skip(1).find(|(_, c)| *c == '=') {
            variables.set(&text[..equals.0], &text[equals.0 + 1..]);
        }
        // SAFETY: the zero behind the text belongs to the block.
        at = unsafe { at.add(units.len() + 1) };
    }
    // SAFETY: the block came from Windows, and nothing of it is used any more.
    unsafe { DestroyEnvironmentBlock(block) };
    Ok(variables)
}

/// # Safety
/// A zero must follow somewhere behind `at`, and all up to it must be readable.
unsafe fn until_zero<'a>(at: *const u16) -> &'a [u16] {
    let mut length = 0;
    // SAFETY: the caller's promise.
    while unsafe { *at.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: `length` units were just read.
    unsafe { std::slice::from_raw_parts(at, length) }
}

/// Tells programs with windows that variables changed. Nobody has to listen.
pub(super) fn tell() {
    let what = wide("Environment");
    let mut result = 0;
    // SAFETY: `what` ends with a zero and lives as long as the call, which is bounded.
    unsafe {
        SendMessageTimeoutW(
            HWND_BROADCAST,
            WM_SETTINGCHANGE,
            0,
            what.as_ptr() as isize,
            SMTO_ABORTIFHUNG,
            1_000,
            &raw mut result,
        );
    }
}
