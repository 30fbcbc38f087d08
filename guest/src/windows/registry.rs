//! The registry, in its 64-bit view.

use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS,
};
use windows_sys::Win32::System::Registry::{
    HKEY, KEY_ALL_ACCESS, KEY_READ, KEY_WOW64_64KEY, REG_OPTION_NON_VOLATILE, REG_OPTION_VOLATILE,
    RegCloseKey, RegCreateKeyExW, RegDeleteTreeW, RegDeleteValueW, RegEnumKeyExW, RegOpenKeyExW,
    RegQueryValueExW, RegSetValueExW,
};

use super::wide::{code, narrow, wide};
use crate::value;

/// What one value may have, in bytes; Windows itself keeps a hive below 4 GiB.
const VALUE_BYTES_MAX: u32 = 64 << 20;

/// An open key.
#[derive(Debug)]
pub(super) struct Key(HKEY);

impl Key {
    /// Opens a key, and makes it and those above it where they are missing.
    pub(super) fn create(root: HKEY, path: &str) -> Result<Self, String> {
        Self::make(root, path, REG_OPTION_NON_VOLATILE)
    }

    /// The same for a key that is gone at the next start of Windows.
    pub(super) fn create_volatile(root: HKEY, path: &str) -> Result<Self, String> {
        Self::make(root, path, REG_OPTION_VOLATILE)
    }

    fn make(root: HKEY, path: &str, options: u32) -> Result<Self, String> {
        let mut key: HKEY = null_mut();
        let name = wide(path);
        // SAFETY: `name` ends with a zero, and `key` takes the handle.
        let made = unsafe {
            RegCreateKeyExW(
                root,
                name.as_ptr(),
                0,
                null(),
                options,
                KEY_ALL_ACCESS | KEY_WOW64_64KEY,
                null(),
                &raw mut key,
                null_mut(),
            )
        };
        code(made, &format!("cannot make the key `{path}`"))?;
        Ok(Self(key))
    }

    /// Opens a key to read it; `None` where there is none.
    pub(super) fn open(root: HKEY, path: &str) -> Result<Option<Self>, String> {
        Self::open_for(root, path, KEY_READ)
    }

    /// Opens a key to change it; `None` where there is none.
    pub(super) fn open_all(root: HKEY, path: &str) -> Result<Option<Self>, String> {
        Self::open_for(root, path, KEY_ALL_ACCESS)
    }

    fn open_for(root: HKEY, path: &str, access: u32) -> Result<Option<Self>, String> {
        let mut key: HKEY = null_mut();
        let name = wide(path);
        // SAFETY: `name` ends with a zero, and `key` takes the handle.
        let opened = unsafe {
            RegOpenKeyExW(
                root,
                name.as_ptr(),
                0,
                access | KEY_WOW64_64KEY,
                &raw mut key,
            )
        };
        if opened == ERROR_FILE_NOT_FOUND {
            return Ok(None);
        }
        code(opened, &format!("cannot open the key `{path}`"))?;
        Ok(Some(Self(key)))
    }

    /// Writes a value; the default one has no name.
    pub(super) fn set(&self, name: &str, kind: u32, bytes: &[u8]) -> Result<(), String> {
        let what = format!("cannot write the value `{name}`");
        let length = u32::try_from(bytes.len()).map_err(|_| format!("{what}: it is too long"))?;
        let units = wide(name);
        // Of no bytes too, a pointer must be one to something.
        let bytes = if bytes.is_empty() { &[0] } else { bytes };
        // SAFETY: `units` ends with a zero, and `bytes` has at least `length` bytes.
        let set =
            unsafe { RegSetValueExW(self.0, units.as_ptr(), 0, kind, bytes.as_ptr(), length) };
        code(set, &what)
    }

    /// Writes a text.
    pub(super) fn set_text(&self, name: &str, text: &str) -> Result<(), String> {
        let bytes: Vec<u8> = wide(text).into_iter().flat_map(u16::to_le_bytes).collect();
        self.set(name, value::REG_SZ, &bytes)
    }

    /// A value's type and bytes.
    pub(super) fn get(&self, name: &str) -> Result<Option<(u32, Vec<u8>)>, String> {
        let what = format!("cannot read the value `{name}`");
        let units = wide(name);
        let mut bytes = vec![0_u8; 256];
        loop {
            let mut kind = 0;
            let mut length = u32::try_from(bytes.len()).unwrap_or(VALUE_BYTES_MAX);
            // SAFETY: `units` ends with a zero, and `bytes` has room for `length` bytes.
            let got = unsafe {
                RegQueryValueExW(
                    self.0,
                    units.as_ptr(),
                    null(),
                    &raw mut kind,
                    bytes.as_mut_ptr(),
                    &raw mut length,
                )
            };
            match got {
                ERROR_FILE_NOT_FOUND => return Ok(None),
                ERROR_MORE_DATA if length <= VALUE_BYTES_MAX => bytes.resize(length as usize, 0),
                got => {
                    code(got, &what)?;
                    bytes.truncate(length as usize);
                    return Ok(Some((kind, bytes)));
                }
            }
        }
    }

    /// A text, where the value is one.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
        let found = self.get(name)?;
        let found = found.filter(|(kind, _)| [value::REG_SZ, value::REG_EXPAND_SZ].contains(kind));
        Ok(found.map(|(_, bytes)| value::text(&bytes)))
    }

    /// Takes a value away. One that is not there is as good.
    pub(super) fn delete_value(&self, name: &str) -> Result<(), String> {
        let units = wide(name);
        // SAFETY: `units` ends with a zero.
        match unsafe { RegDeleteValueW(self.0, units.as_ptr()) } {
            ERROR_FILE_NOT_FOUND => Ok(()),
            deleted => code(deleted, &format!("cannot delete the value `{name}`")),
        }
    }

    /// The names of the keys below.
    pub(super) fn names(&self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for index in 0.. {
            // A key's name has 255 characters at most.
            let mut name = [0_u16; 256];
            let mut length = 256;
            // SAFETY: `name` has room for `length` units.
            let got = unsafe {
                RegEnumKeyExW(
                    self.0,
                    index,
                    name.as_mut_ptr(),
                    &raw mut length,
                    null(),
                    null_mut(),
                    null_mut(),
                    null_mut(),
                )
            };
            match got {
                ERROR_SUCCESS => names.push(narrow(&name)),
                ERROR_NO_MORE_ITEMS => break,
                got => code(got, "cannot list the keys")?,
            }
        }
        Ok(names)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key is ours, and nobody uses it afterwards.
        unsafe { RegCloseKey(self.0) };
    }
}

/// Takes a key and all below it away. One that is not there is as good.
pub(super) fn delete_tree(root: HKEY, path: &str) -> Result<(), String> {
    // An empty name would stand for the whole root.
    if path.is_empty() {
        return Err("a whole hive is not deleted".to_owned());
    }
    let name = wide(path);
    // SAFETY: `name` ends with a zero.
    match unsafe { RegDeleteTreeW(root, name.as_ptr()) } {
        ERROR_FILE_NOT_FOUND => Ok(()),
        deleted => code(deleted, &format!("cannot delete the key `{path}`")),
    }
}
