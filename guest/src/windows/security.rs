//! Who may what: SDDL, SIDs, and names that other languages call otherwise.

use std::ptr::{null, null_mut};

use lucarne_protocol::known;
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::NetworkManagement::NetManagement::{
    NetApiBufferFree, NetUserModalsGet, USER_MODALS_INFO_2,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW,
    ConvertStringSidToSidW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, LookupAccountNameW, LookupAccountSidW, PSECURITY_DESCRIPTOR, PSID,
    SetFileSecurityW,
};

use super::wide::{code, done, last, narrow, narrow_at, wide};
use crate::name;

/// A security descriptor that Windows made of a text.
pub(super) struct Descriptor(pub(super) PSECURITY_DESCRIPTOR);

impl Descriptor {
    pub(super) fn new(sddl: &str) -> Result<Self, String> {
        let text = wide(sddl);
        let mut descriptor = null_mut();
        // SAFETY: `text` ends with a zero, and `descriptor` takes the pointer.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                null_mut(),
            )
        };
        done(made, &format!("`{sddl}` is no SDDL"))?;
        Ok(Self(descriptor))
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: Windows allocated it so, and nobody uses it afterwards.
        unsafe { LocalFree(self.0) };
    }
}

/// Says who may what with a file or folder.
pub(super) fn protect(path: &str, sddl: &str) -> Result<(), String> {
    let descriptor = Descriptor::new(sddl)?;
    let text = wide(path);
    // SAFETY: `text` ends with a zero, and the descriptor is Windows' own.
    let set = unsafe { SetFileSecurityW(text.as_ptr(), DACL_SECURITY_INFORMATION, descriptor.0) };
    done(set, &format!("cannot say who may what with `{path}`"))
}

/// A SID's text.
pub(super) fn sid_of(account: &str) -> Result<String, String> {
    if let Some(sid) = known::sid(account) {
        return Ok(sid.to_owned());
    }
    if let Some(rid) = name::well_known_rid(account) {
        return Ok(format!("{}-{rid}", machine_sid()?));
    }
    let what = format!("there is no account or group `{account}`");
    let text = wide(account);
    let mut sid = [0_u8; 128];
    let mut domain = [0_u16; 256];
    let (mut sid_length, mut domain_length, mut kind) = (128, 256, 0);
    // SAFETY: `account` ends with a zero, and both buffers have the lengths that are told.
    let found = unsafe {
        LookupAccountNameW(
            null(),
            text.as_ptr(),
            sid.as_mut_ptr().cast(),
            &raw mut sid_length,
            domain.as_mut_ptr(),
            &raw mut domain_length,
            &raw mut kind,
        )
    };
    done(found, &what)?;
    sid_text(sid.as_mut_ptr().cast())
}

/// A SID as text.
pub(super) fn sid_text(sid: PSID) -> Result<String, String> {
    let mut text = null_mut();
    // SAFETY: the SID is one of Windows' own making, and `text` takes the pointer.
    done(
        unsafe { ConvertSidToStringSidW(sid, &raw mut text) },
        "cannot read a SID",
    )?;
    // SAFETY: the text ends with a zero.
    let read = unsafe { narrow_at(text) };
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { LocalFree(text.cast()) };
    Ok(read)
}

/// The SID that this machine's own accounts begin with.
pub(super) fn machine_sid() -> Result<String, String> {
    let mut buffer = null_mut();
    // SAFETY: no server is named, and `buffer` takes the pointer.
    let got = unsafe { NetUserModalsGet(null(), 2, &raw mut buffer) };
    code(got, "cannot read this machine's SID")?;
    if buffer.is_null() {
        return Err("Windows does not tell this machine's SID".to_owned());
    }
    // SAFETY: level 2 is this structure, and the SID in it lives as long as the buffer.
    let sid = unsafe { (*buffer.cast::<USER_MODALS_INFO_2>()).usrmod2_domain_id };
    let text = sid_text(sid);
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { NetApiBufferFree(buffer.cast()) };
    text
}

/// What this Windows calls an account or a group of its own, in its language; another name as it
/// is.
pub(super) fn local_name(account: &str) -> Result<String, String> {
    let known = known::sid(account).is_some() || name::well_known_rid(account).is_some();
    if !known {
        return Ok(account.to_owned());
    }
    let text = wide(&sid_of(account)?);
    let what = format!("cannot find what this Windows calls `{account}`");
    let mut sid = null_mut();
    // SAFETY: `text` ends with a zero, and `sid` takes the pointer.
    done(
        unsafe { ConvertStringSidToSidW(text.as_ptr(), &raw mut sid) },
        &what,
    )?;
    let mut name = [0_u16; 256];
    let mut domain = [0_u16; 256];
    let (mut name_length, mut domain_length, mut kind) = (256, 256, 0);
    // SAFETY: the SID is Windows' own, and both buffers have the lengths that are told.
    let found = unsafe {
        LookupAccountSidW(
            null(),
            sid,
            name.as_mut_ptr(),
            &raw mut name_length,
            domain.as_mut_ptr(),
            &raw mut domain_length,
            &raw mut kind,
        )
    };
    let found = if found == 0 {
        Err(last(&what))
    } else {
        Ok(narrow(&name))
    };
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { LocalFree(sid) };
    found
}
