//! Shares over SMB.

use std::ptr::{null, null_mut};

use lucarne_protocol::step::{Access, Share};
use windows_sys::Win32::NetworkManagement::NetManagement::NERR_NetNameNotFound;
use windows_sys::Win32::Storage::FileSystem::{
    NetShareAdd, NetShareDel, SHARE_INFO_502, STYPE_DISKTREE,
};

use super::files;
use super::security::{self, Descriptor};
use super::variables::Variables;
use super::wide::{code, wide};

/// Does a step. A share that is there is made anew.
pub(super) fn apply(share: &Share, variables: &Variables) -> Result<(), String> {
    let mut name = wide(&share.name);
    // SAFETY: `name` ends with a zero.
    match unsafe { NetShareDel(null(), name.as_ptr(), 0) } {
        NERR_NetNameNotFound => {}
        deleted => code(deleted, &format!("cannot end the share `{}`", share.name))?,
    }
    if share.delete {
        return Ok(());
    }
    let path = files::place(&share.path, variables)?;
    files::make(&path)?;
    let descriptor = Descriptor::new(&sddl(share)?)?;
    let mut path = wide(&path);
    let mut remark = wide(share.description.as_deref().unwrap_or_default());
    let info = SHARE_INFO_502 {
        shi502_netname: name.as_mut_ptr(),
        shi502_type: STYPE_DISKTREE,
        shi502_remark: remark.as_mut_ptr(),
        shi502_permissions: 0,
        // As many as come.
        shi502_max_uses: u32::MAX,
        shi502_current_uses: 0,
        shi502_path: path.as_mut_ptr(),
        shi502_passwd: null_mut(),
        shi502_reserved: 0,
        shi502_security_descriptor: descriptor.0,
    };
    // SAFETY: level 502 is this structure, and its texts end with a zero.
    let added = unsafe { NetShareAdd(null(), 502, (&raw const info).cast(), null_mut()) };
    code(added, &format!("cannot share `{}`", share.path))
}

/// Who may what. Without a grant nobody may anything.
fn sddl(share: &Share) -> Result<String, String> {
    let mut sddl = "D:".to_owned();
    for grant in &share.grants {
        // File rights: generic all, read and execute, and these with writing and deleting.
        let rights = match grant.access {
            Access::Read => "0x1200a9",
            Access::Change => "0x1301bf",
            Access::Full => "FA",
        };
        sddl += &format!("(A;;{rights};;;{})", security::sid_of(&grant.account)?);
    }
    Ok(sddl)
}
