//! Secrets of LSA, which keeps what Windows itself has to know in clear.

use std::ptr::{from_ref, null};

use windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND;
use windows_sys::Win32::Security::Authentication::Identity::{
    LSA_HANDLE, LSA_OBJECT_ATTRIBUTES, LSA_UNICODE_STRING, LsaClose, LsaNtStatusToWinError,
    LsaOpenPolicy, LsaStorePrivateData, POLICY_CREATE_SECRET,
};

use super::wide::{code, wide};

/// Keeps a secret, or removes it. One that is not there is as good.
pub(super) fn set(name: &str, text: Option<&str>) -> Result<(), String> {
    let what = format!("cannot change the secret `{name}`");
    let (mut name, mut text) = (wide(name), text.map(wide));
    let name = counted(&mut name);
    let text = text.as_mut().map(|text| counted(text));
    let attributes = LSA_OBJECT_ATTRIBUTES::default();
    let mut policy: LSA_HANDLE = 0;
    let access = u32::from_ne_bytes(POLICY_CREATE_SECRET.to_ne_bytes());
    // SAFETY: no system is named, the attributes are empty, and `policy` takes the handle.
    let opened = unsafe { LsaOpenPolicy(null(), &raw const attributes, access, &raw mut policy) };
    // SAFETY: the call has no conditions.
    code(unsafe { LsaNtStatusToWinError(opened) }, &what)?;
    let data = text.as_ref().map_or(null(), from_ref);
    // SAFETY: the policy is open, and the texts live as long as the call.
    let stored = unsafe { LsaStorePrivateData(policy, &raw const name, data) };
    // SAFETY: the policy is open, and nobody uses it afterwards.
    unsafe { LsaClose(policy) };
    // SAFETY: the call has no conditions.
    match unsafe { LsaNtStatusToWinError(stored) } {
        ERROR_FILE_NOT_FOUND => Ok(()),
        error => code(error, &what),
    }
}

/// A text with its length beside it, in bytes and without the zero.
fn counted(units: &mut [u16]) -> LSA_UNICODE_STRING {
    let length = u16::try_from((units.len() - 1) * 2).unwrap_or(u16::MAX - 1);
    LSA_UNICODE_STRING {
        Length: length,
        MaximumLength: length,
        Buffer: units.as_mut_ptr(),
    }
}
