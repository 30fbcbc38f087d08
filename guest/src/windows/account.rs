//! Local accounts and groups.

use std::ptr::{null, null_mut};

use lucarne_protocol::step::{Group, User};
use windows_sys::Win32::Foundation::{
    ERROR_ALIAS_EXISTS, ERROR_MEMBER_IN_ALIAS, ERROR_MEMBER_NOT_IN_ALIAS, ERROR_NO_SUCH_ALIAS,
    LocalFree,
};
use windows_sys::Win32::NetworkManagement::NetManagement::{
    LG_INCLUDE_INDIRECT, LOCALGROUP_INFO_1, LOCALGROUP_INFO_1002, LOCALGROUP_MEMBERS_INFO_0,
    LOCALGROUP_USERS_INFO_0, MAX_PREFERRED_LENGTH, NERR_GroupExists, NERR_GroupNotFound,
    NERR_UserNotFound, NetApiBufferFree, NetLocalGroupAdd, NetLocalGroupAddMembers,
    NetLocalGroupDel, NetLocalGroupDelMembers, NetLocalGroupSetInfo, NetUserAdd, NetUserDel,
    NetUserGetInfo, NetUserGetLocalGroups, NetUserSetInfo, UF_ACCOUNTDISABLE,
    UF_DONT_EXPIRE_PASSWD, UF_SCRIPT, USER_INFO_1, USER_INFO_1003, USER_INFO_1007, USER_INFO_1008,
    USER_INFO_1011, USER_PRIV_USER,
};
use windows_sys::Win32::Security::Authorization::ConvertStringSidToSidW;
use zeroize::Zeroizing;

use super::security;
use super::system;
use super::wide::{code, done, narrow_at, wide};
use crate::name;

/// What an account is, as flags; `None` where there is none.
fn flags(account: &str) -> Result<Option<u32>, String> {
    let text = wide(account);
    let mut buffer = null_mut();
    // SAFETY: `text` ends with a zero, and `buffer` takes the pointer.
    let got = unsafe { NetUserGetInfo(null(), text.as_ptr(), 1, &raw mut buffer) };
    if got == NERR_UserNotFound {
        return Ok(None);
    }
    code(got, &format!("cannot read the account `{account}`"))?;
    // SAFETY: level 1 is this structure.
    let flags = unsafe { (*buffer.cast::<USER_INFO_1>()).usri1_flags };
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { NetApiBufferFree(buffer.cast()) };
    Ok(Some(flags))
}

/// Changes one thing of an account: a level, and the structure that belongs to it.
fn set<T>(account: &str, level: u32, info: &T, what: &str) -> Result<(), String> {
    if system::is_wine() {
        // Calling what it has not ends the program.
        return Err("Wine changes no accounts".to_owned());
    }
    let text = wide(account);
    // SAFETY: `text` ends with a zero, and each caller hands in the level's structure.
    let set = unsafe {
        NetUserSetInfo(
            null(),
            text.as_ptr(),
            level,
            std::ptr::from_ref(info).cast(),
            null_mut(),
        )
    };
    code(set, &format!("cannot change {what} of `{account}`"))
}

pub(super) fn set_password(account: &str, password: &str) -> Result<(), String> {
    let mut text = Zeroizing::new(wide(password));
    let info = USER_INFO_1003 {
        usri1003_password: text.as_mut_ptr(),
    };
    set(account, 1003, &info, "the password")
}

fn set_flags(account: &str, flags: u32) -> Result<(), String> {
    let info = USER_INFO_1008 {
        usri1008_flags: flags,
    };
    set(account, 1008, &info, "the flags")
}

/// Does a step.
pub(super) fn user(user: &User) -> Result<(), String> {
    let account = security::local_name(&user.name)?;
    if user.delete {
        let text = wide(&account);
        // SAFETY: `text` ends with a zero.
        return match unsafe { NetUserDel(null(), text.as_ptr()) } {
            NERR_UserNotFound => Ok(()),
            deleted => code(deleted, &format!("cannot remove the account `{account}`")),
        };
    }
    let known = flags(&account)?;
    match (known, &user.password) {
        (Some(_), Some(password)) => set_password(&account, password)?,
        (Some(_), None) => {}
        (None, Some(password)) => add(&account, password)?,
        (None, None) => add(&account, &name::password(&system::random()?))?,
    }
    let flags = known.unwrap_or(UF_SCRIPT) | UF_DONT_EXPIRE_PASSWD;
    let flags = match user.enabled {
        Some(true) => flags & !UF_ACCOUNTDISABLE,
        Some(false) => flags | UF_ACCOUNTDISABLE,
        None => flags,
    };
    set_flags(&account, flags)?;
    if let Some(shown) = &user.display_name {
        let mut text = wide(shown);
        let info = USER_INFO_1011 {
            usri1011_full_name: text.as_mut_ptr(),
        };
        set(&account, 1011, &info, "the display name")?;
    }
    if let Some(description) = &user.description {
        let mut text = wide(description);
        let info = USER_INFO_1007 {
            usri1007_comment: text.as_mut_ptr(),
        };
        set(&account, 1007, &info, "the description")?;
    }
    let is_in = local_groups(&account, Ways::Direct)?;
    for group in name::groups(&user.groups, is_in.len()) {
        member(group, &account, true)?;
    }
    Ok(())
}

/// By which ways an account is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    /// By itself.
    Direct,
    /// By other groups too.
    All,
}

/// The local groups that an account is in, by their names here.
pub(super) fn local_groups(account: &str, ways: Ways) -> Result<Vec<String>, String> {
    let text = wide(account);
    let flags = match ways {
        Ways::Direct => 0,
        Ways::All => LG_INCLUDE_INDIRECT,
    };
    let (mut buffer, mut read, mut total) = (null_mut(), 0, 0);
    // SAFETY: `text` ends with a zero, and the rest takes what is found.
    let got = unsafe {
        NetUserGetLocalGroups(
            null(),
            text.as_ptr(),
            0,
            flags,
            &raw mut buffer,
            MAX_PREFERRED_LENGTH,
            &raw mut read,
            &raw mut total,
        )
    };
    code(got, &format!("cannot read the groups of `{account}`"))?;
    let groups = buffer.cast::<LOCALGROUP_USERS_INFO_0>();
    let names = (0..read as usize).map(|n| {
        // SAFETY: level 0 is this structure, `read` of them are there, and each name ends with a
        // zero.
        unsafe { narrow_at((*groups.add(n)).lgrui0_name) }
    });
    let names = names.collect();
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { NetApiBufferFree(buffer.cast()) };
    Ok(names)
}

fn add(account: &str, password: &str) -> Result<(), String> {
    let (mut name, mut password) = (wide(account), wide(password));
    let info = USER_INFO_1 {
        usri1_name: name.as_mut_ptr(),
        usri1_password: password.as_mut_ptr(),
        usri1_password_age: 0,
        usri1_priv: USER_PRIV_USER,
        usri1_home_dir: null_mut(),
        usri1_comment: null_mut(),
        // The page of `USER_INFO_1` wants this flag for every account.
        usri1_flags: UF_SCRIPT | UF_DONT_EXPIRE_PASSWD,
        usri1_script_path: null_mut(),
    };
    // SAFETY: level 1 is this structure, and its texts end with a zero.
    let added = unsafe { NetUserAdd(null(), 1, (&raw const info).cast(), null_mut()) };
    code(added, &format!("cannot make the account `{account}`"))
}

/// Puts an account into a group or takes it out.
fn member(group: &str, account: &str, is_in: bool) -> Result<(), String> {
    let what = format!("cannot change that `{account}` is in `{group}`");
    let name = wide(&security::local_name(group)?);
    let text = wide(&security::sid_of(account)?);
    let mut sid = null_mut();
    // SAFETY: `text` ends with a zero, and `sid` takes the pointer.
    done(
        unsafe { ConvertStringSidToSidW(text.as_ptr(), &raw mut sid) },
        &what,
    )?;
    let info = LOCALGROUP_MEMBERS_INFO_0 { lgrmi0_sid: sid };
    let call = if is_in {
        NetLocalGroupAddMembers
    } else {
        NetLocalGroupDelMembers
    };
    // SAFETY: level 0 is this structure, and one of it is handed in.
    let changed = unsafe { call(null(), name.as_ptr(), 0, (&raw const info).cast(), 1) };
    // SAFETY: Windows allocated it so, and nobody uses it afterwards.
    unsafe { LocalFree(sid) };
    match changed {
        ERROR_MEMBER_IN_ALIAS | ERROR_MEMBER_NOT_IN_ALIAS => Ok(()),
        changed => code(changed, &what),
    }
}

/// Does a step.
pub(super) fn group(group: &Group) -> Result<(), String> {
    let local = security::local_name(&group.name)?;
    let mut text = wide(&local);
    if group.delete {
        // SAFETY: `text` ends with a zero.
        return match unsafe { NetLocalGroupDel(null(), text.as_ptr()) } {
            NERR_GroupNotFound | ERROR_NO_SUCH_ALIAS => Ok(()),
            deleted => code(deleted, &format!("cannot remove the group `{local}`")),
        };
    }
    let info = LOCALGROUP_INFO_1 {
        lgrpi1_name: text.as_mut_ptr(),
        lgrpi1_comment: null_mut(),
    };
    // SAFETY: level 1 is this structure, and its text ends with a zero.
    match unsafe { NetLocalGroupAdd(null(), 1, (&raw const info).cast(), null_mut()) } {
        NERR_GroupExists | ERROR_ALIAS_EXISTS => {}
        added => code(added, &format!("cannot make the group `{local}`"))?,
    }
    if let Some(description) = &group.description {
        let mut comment = wide(description);
        let info = LOCALGROUP_INFO_1002 {
            lgrpi1002_comment: comment.as_mut_ptr(),
        };
        // SAFETY: level 1002 is this structure, and its text ends with a zero.
        let set = unsafe {
            NetLocalGroupSetInfo(
                null(),
                text.as_ptr(),
                1002,
                (&raw const info).cast(),
                null_mut(),
            )
        };
        code(set, &format!("cannot describe the group `{local}`"))?;
    }
    for (accounts, is_in) in [(&group.add, true), (&group.remove, false)] {
        for account in accounts {
            member(&local, account, is_in)?;
        }
    }
    Ok(())
}

/// Makes an account one that nobody logs on with: by a password that nobody knows, or at all.
/// `None`: there is no such account.
pub(super) fn close(account: &str, lock: bool, disable: bool) -> Result<Option<()>, String> {
    let account = security::local_name(account)?;
    let Some(flags) = flags(&account)? else {
        return Ok(None);
    };
    if lock {
        set_password(&account, &name::password(&system::random()?))?;
    }
    if disable {
        set_flags(&account, flags | UF_ACCOUNTDISABLE)?;
    }
    Ok(Some(()))
}
