//! Takes out what must not be in an image.

use std::fs;
use std::path::Path;

use lucarne_protocol::step::{FOLDER, Finish};
use windows_sys::Win32::System::Registry::HKEY_LOCAL_MACHINE;

use super::registry::{self, Key};
use super::{account, command, files, letters, secret, system};
use crate::scrub::{self, Account, Item};

/// Does it, and says in a line what was done.
pub(super) fn scrub(item: &Item, finish: &Finish) -> Result<String, String> {
    match by_lists(item).and_then(|count| Ok((count, by_function(item, finish)?))) {
        Ok((count, more)) => {
            let count = (count > 0).then(|| format!("{count} removed"));
            let told: Vec<String> = count.into_iter().chain(more).collect();
            let told = if told.is_empty() {
                "nothing was there".to_owned()
            } else {
                told.join(", ")
            };
            Ok(format!("{}: {told}", item.what()))
        }
        // Wine has no accounts, no secrets and no letters to move: there it is told, and it is no
        // failure.
        Err(error) if system::is_wine() => {
            Ok(format!("{}: not done under Wine: {error}", item.what()))
        }
        Err(error) => Err(error),
    }
}

/// Files, values and keys, of which each may be missing.
fn by_lists(item: &Item) -> Result<usize, String> {
    let mut count = 0;
    for path in scrub::files(item) {
        count += files::remove_all(path)?;
    }
    for (path, name) in scrub::values(item) {
        let Some(key) = Key::open_all(HKEY_LOCAL_MACHINE, path)? else {
            continue;
        };
        if key.get(name)?.is_some() {
            key.delete_value(name)?;
            count += 1;
        }
    }
    for path in scrub::keys(item) {
        if Key::open(HKEY_LOCAL_MACHINE, path)?.is_some() {
            registry::delete_tree(HKEY_LOCAL_MACHINE, path)?;
            count += 1;
        }
    }
    for name in scrub::secrets(item) {
        secret::set(name, None)?;
    }
    Ok(count)
}

fn by_function(item: &Item, finish: &Finish) -> Result<Vec<String>, String> {
    match item {
        Item::AutoLogon => auto_logon(finish),
        Item::Account(account) => close(account),
        Item::CdLetters => letters::move_cds(finish.data_letter),
        Item::Payload => payload(),
        _ => Ok(Vec::new()),
    }
}

/// Who is logged on at each start of a machine, if anybody. The build's was taken out before.
fn auto_logon(finish: &Finish) -> Result<Vec<String>, String> {
    let Some(wanted) = &finish.auto_logon else {
        return Ok(Vec::new());
    };
    secret::set("DefaultPassword", Some(&wanted.password))?;
    let path = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
    let key = Key::create(HKEY_LOCAL_MACHINE, path)?;
    key.set_text("DefaultUserName", &wanted.user)?;
    key.set_text("AutoAdminLogon", "1")?;
    Ok(vec![format!("`{}` is logged on from now on", wanted.user)])
}

fn close(it: &Account) -> Result<Vec<String>, String> {
    let said = match account::close(&it.name, it.lock, it.disable)? {
        None => "there is none",
        Some(()) if it.lock && it.disable => "a password that nobody knows, and disabled",
        Some(()) if it.lock => "a password that nobody knows",
        Some(()) => "disabled",
    };
    Ok(vec![said.to_owned()])
}

/// What later starts do not need: the rest of the folder, and the other steps.
fn payload() -> Result<Vec<String>, String> {
    let steps = command::steps()?;
    let kept = scrub::kept(&steps);
    let text = serde_json::to_string_pretty(&kept).map_err(|error| error.to_string())?;
    files::write_whole(&command::steps_path(), text.as_bytes())?;
    let mut count = 0;
    for entry in list(FOLDER)? {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let path = entry.path();
        if scrub::is_needed(&path.display().to_string(), &kept) && path.is_dir() {
            count += unneeded(&path, &kept)?;
        } else if !scrub::KEPT.contains(&name.as_str()) {
            files::remove(&path)?;
            count += 1;
        }
    }
    Ok(vec![format!("{count} files and folders removed")])
}

/// Removes what no step of a start names.
fn unneeded(folder: &Path, kept: &lucarne_protocol::step::Steps) -> Result<usize, String> {
    let mut count = 0;
    for entry in list(&folder.display().to_string())? {
        let path = entry.path();
        if !scrub::is_needed(&path.display().to_string(), kept) {
            files::remove(&path)?;
            count += 1;
        } else if path.is_dir() {
            count += unneeded(&path, kept)?;
        }
    }
    Ok(count)
}

fn list(folder: &str) -> Result<Vec<fs::DirEntry>, String> {
    let cannot = |error| format!("cannot list `{folder}`: {error}");
    let entries = fs::read_dir(folder).map_err(cannot)?;
    entries.map(|entry| entry.map_err(cannot)).collect()
}
