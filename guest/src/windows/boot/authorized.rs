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
#[derive(Debug)]
pub(super) struct Account {
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

/// Whose keys there are: each account, or why it is not known. They are looked up once for all
/// parts.
pub(super) type Owners = [Result<Account, String>];

pub(super) fn owners(all: &[AuthorizedKeys]) -> Vec<Result<Account, String>> {
    all.iter().map(Account::of).collect()
}

/// Writes the one file of all administrators. An account that cannot be judged may be one.
pub(super) fn of_administrators(
    deed: &Deed<'_>,
    all: &[AuthorizedKeys],
    owners: &Owners,
) -> Result<(), String> {
    let unknown = owners.iter().filter_map(|owner| owner.as_ref().err());
    let mut wrong: Vec<String> = unknown.cloned().collect();
    let theirs = all.iter().zip(owners);
    let theirs: Vec<_> = theirs
        .filter(|(_, owner)| owner.as_ref().is_ok_and(|it| it.is_administrator))
        .map(|(keys, _)| keys)
        .collect();
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

/// Removes the files of all other accounts, whose earlier keys must let nobody in.
pub(super) fn remove_earlier(deed: &Deed<'_>, owners: &Owners) -> Result<(), String> {
    // One that is not known has none.
    let others = owners.iter().flatten().filter(|it| !it.is_administrator);
    let removed = others.map(|account| match known_profile(deed, &account.sid)? {
        Some(profile) => clear(&folder_in(&profile)),
        None => Ok(()),
    });
    super::all(removed.filter_map(Result::err).collect())
}

/// Writes the files of all other accounts.
pub(super) fn of_others(
    deed: &Deed<'_>,
    all: &[AuthorizedKeys],
    owners: &Owners,
) -> Result<(), String> {
    let each = all.iter().zip(owners);
    let written = each.map(
        |(keys, owner)| match owner.as_ref().map_err(Clone::clone)? {
            account if account.is_administrator => Ok(()),
            account => one(deed, account, &keys::text([keys])),
        },
    );
    super::all(written.filter_map(Result::err).collect())
}

/// Writes the file of one account.
fn one(deed: &Deed<'_>, account: &Account, text: &str) -> Result<(), String> {
    let sid = &account.sid;
    let folder = folder_in(&profile(deed, &account.name, sid)?);
    clear(&folder)?;
    files::make(&folder)?;
    security::protect(&folder, &keys::folder_sddl(Some(sid)))?;
    let path = file_in(&folder);
    files::write_protected(&path, text.as_bytes(), &keys::sddl(Some(sid)))
}

fn folder_in(profile: &str) -> String {
    format!(r"{profile}\.ssh")
}

fn file_in(folder: &str) -> String {
    format!(r"{folder}\authorized_keys")
}

/// Removes the file, or what is in its folder's place and is none: the account owns what is above
/// them, and a link would lead SYSTEM to wherever it wants.
fn clear(folder: &str) -> Result<(), String> {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir());
    if is_folder {
        files::remove(Path::new(&file_in(folder)))
    } else {
        files::remove(Path::new(folder))
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
