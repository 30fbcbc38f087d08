//! The hives that a path can hang on, those of other accounts among them.

use lucarne_protocol::step::Hive;
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_CLASSES_ROOT, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, HKEY_USERS, RegLoadKeyW,
    RegUnLoadKeyW,
};

use super::registry::Key;
use super::system::{self, Privilege};
use super::variables;
use super::wide::{code, wide};
use crate::name;
use crate::text;

const PROFILES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";

/// Does something at each root that a hive stands for: the root, and a prefix of paths.
pub(super) fn each(
    hive: Hive,
    mut act: impl FnMut(HKEY, &str) -> Result<(), String>,
) -> Result<(), String> {
    match hive {
        Hive::Machine => act(HKEY_LOCAL_MACHINE, ""),
        Hive::Classes => act(HKEY_CLASSES_ROOT, ""),
        Hive::Users => act(HKEY_USERS, ""),
        Hive::CurrentUser => act(HKEY_CURRENT_USER, ""),
        Hive::DefaultUser => default_user(&mut act),
        Hive::EveryUser => {
            default_user(&mut act)?;
            for (sid, folder) in profiles()? {
                profile(&sid, &folder, &mut act)?;
            }
            Ok(())
        }
    }
}

/// The profile that every new account begins with.
fn default_user(act: &mut impl FnMut(HKEY, &str) -> Result<(), String>) -> Result<(), String> {
    let known = Key::open(HKEY_LOCAL_MACHINE, PROFILES)?;
    let folder = known.map(|key| key.text("Default")).transpose()?.flatten();
    let folder = folder.unwrap_or_else(|| r"%SystemDrive%\Users\Default".to_owned());
    let loaded = Loaded::new("lucarne-default", &folder)?;
    act(HKEY_USERS, &loaded.prefix())
}

/// An account's own: Windows has it loaded while the account is logged on.
fn profile(
    sid: &str,
    folder: &str,
    act: &mut impl FnMut(HKEY, &str) -> Result<(), String>,
) -> Result<(), String> {
    if Key::open(HKEY_USERS, sid)?.is_some() {
        return act(HKEY_USERS, &format!(r"{sid}\"));
    }
    let loaded = Loaded::new(&format!("lucarne-{sid}"), folder)?;
    act(HKEY_USERS, &loaded.prefix())
}

/// The SIDs of persons that have a profile, and its folder.
fn profiles() -> Result<Vec<(String, String)>, String> {
    let Some(list) = Key::open(HKEY_LOCAL_MACHINE, PROFILES)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for sid in list.names()? {
        if !name::is_person(&sid) {
            continue;
        }
        let path = format!(r"{PROFILES}\{sid}");
        let key = Key::open(HKEY_LOCAL_MACHINE, &path)?;
        let folder = key
            .map(|key| key.text("ProfileImagePath"))
            .transpose()?
            .flatten();
        found.extend(folder.map(|folder| (sid, folder)));
    }
    Ok(found)
}

/// A hive that was loaded from its file, and is unloaded in the end.
struct Loaded {
    name: String,
}

impl Loaded {
    fn new(name: &str, folder: &str) -> Result<Self, String> {
        let variables = variables::fresh()?;
        let folder = text::expand(folder, |name| variables.get(name));
        let file = format!(r"{folder}\NTUSER.DAT");
        system::enable(Privilege::Backup)?;
        system::enable(Privilege::Restore)?;
        let (key, path) = (wide(name), wide(&file));
        // What a killed program left loaded.
        // SAFETY: `key` ends with a zero.
        unsafe { RegUnLoadKeyW(HKEY_USERS, key.as_ptr()) };
        // SAFETY: both texts end with a zero.
        let loaded = unsafe { RegLoadKeyW(HKEY_USERS, key.as_ptr(), path.as_ptr()) };
        code(loaded, &format!("cannot load the hive `{file}`"))?;
        Ok(Self {
            name: name.to_owned(),
        })
    }

    fn prefix(&self) -> String {
        format!(r"{}\", self.name)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let key = wide(&self.name);
        // SAFETY: `key` ends with a zero.
        unsafe { RegUnLoadKeyW(HKEY_USERS, key.as_ptr()) };
    }
}
