//! Who may log on over SSH: `authorized_keys` of accounts, and the one of all administrators.

use std::fs;
use std::path::Path;

use lucarne_protocol::settings::AuthorizedKeys;
use windows_sys::Win32::System::Registry::HKEY_LOCAL_MACHINE;
use windows_sys::Win32::UI::Shell::CreateProfile;

use crate::boot::keys;
use crate::text;
use crate::windows::account::{self, Ways};
use crate::windows::act::Deed;
use crate::windows::registry::Key;
use crate::windows::wide::{narrow, wide, words};
use crate::windows::{files, security};

const PROFILES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
const ADMINISTRATORS: &str = "Administrators";
/// The built-in account's relative id, in every language.
const ADMINISTRATOR_END: &str = "-500";

/// Whose keys some are.
struct Account {
    name: String,
    sid: String,
    is_administrator: bool,
}

impl Account {
    fn of(it: &AuthorizedKeys) -> Result<Self, String> {
        let name = security::local_name(&it.account)?;
        let sid = security::sid_of(&it.account)?;
        let is_administrator = sid.ends_with(ADMINISTRATOR_END) || is_administrator(&name)?;
        Ok(Self {
            name,
            sid,
            is_administrator,
        })
    }
}

/// Writes the one file of all administrators. An account that cannot be judged may be one.
pub(super) fn of_administrators(deed: &Deed<'_>, all: &[AuthorizedKeys]) -> Result<(), String> {
    let mut wrong = Vec::new();
    let mut theirs = Vec::new();
    for it in all {
        match Account::of(it) {
            Ok(account) if account.is_administrator => theirs.push(it),
            Ok(_) => {}
            Err(error) => wrong.push(error),
        }
    }
    if !theirs.is_empty() {
        let text = keys::text(theirs);
        let put = super::ssh_folder(deed).and_then(|folder| {
            let path = format!(r"{folder}\administrators_authorized_keys");
            files::write_protected(&path, text.as_bytes(), &keys::sddl(None))
        });
        wrong.extend(put.err());
    }
    super::all(wrong)
}

/// Writes the files of all other accounts.
pub(super) fn of_others(deed: &Deed<'_>, all: &[AuthorizedKeys]) -> Result<(), String> {
    let written = all.iter().map(|it| match Account::of(it)? {
        account if account.is_administrator => Ok(()),
        account => one(deed, &account, &keys::text([it])),
    });
    super::all(written.filter_map(Result::err).collect())
}

/// Writes the file of one account.
fn one(deed: &Deed<'_>, account: &Account, text: &str) -> Result<(), String> {
    let sid = &account.sid;
    let folder = format!(r"{}\.ssh", profile(deed, &account.name, sid)?);
    let path = format!(r"{folder}\authorized_keys");
    for place in [&folder, &path] {
        plain(place)?;
    }
    files::make(&folder)?;
    security::protect(&folder, &keys::folder_sddl(Some(sid)))?;
    files::write_protected(&path, text.as_bytes(), &keys::sddl(Some(sid)))
}

/// The account owns what is above these: a link would lead SYSTEM to wherever it wants.
fn plain(path: &str) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_symlink() => Err(format!("`{path}` is a link")),
        _ => Ok(()),
    }
}

/// Whether an account is in the group, by whatever way.
fn is_administrator(account: &str) -> Result<bool, String> {
    let wanted = security::local_name(ADMINISTRATORS)?;
    let groups = account::local_groups(account, Ways::All)?;
    Ok(groups.iter().any(|name| name.eq_ignore_ascii_case(&wanted)))
}

/// The folder of an account, which is made for one that never logged on.
fn profile(deed: &Deed<'_>, account: &str, sid: &str) -> Result<String, String> {
    if let Some(folder) = known_profile(deed, sid)? {
        return Ok(folder);
    }
    let (id, name) = (wide(sid), wide(account));
    let mut path = [0_u16; 512];
    // SAFETY: both texts end with a zero, and `path` has the length that is told.
    let made = unsafe { CreateProfile(id.as_ptr(), name.as_ptr(), path.as_mut_ptr(), 512) };
    if made < 0 {
        // The low half is Windows' code where the upper one says so, as all of these do.
        let why = words(u32::from_ne_bytes(made.to_ne_bytes()) & 0xffff);
        return Err(format!("cannot make the profile of `{account}`: {why}"));
    }
    Ok(narrow(&path))
}

fn known_profile(deed: &Deed<'_>, sid: &str) -> Result<Option<String>, String> {
    let key = Key::open(HKEY_LOCAL_MACHINE, &format!(r"{PROFILES}\{sid}"))?;
    let Some(path) = key.map(|key| key.text("ProfileImagePath")).transpose()? else {
        return Ok(None);
    };
    let path = path.map(|path| text::expand(&path, |name| deed.variables.get(name)));
    Ok(path.filter(|path| Path::new(path).is_dir()))
}
