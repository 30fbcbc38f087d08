//! The parts of a start's settings, as this Windows does them.

mod adapters;
mod authorized;
pub(super) mod cd;
mod data_disk;
mod host_keys;
mod identity;
mod volume;

use std::path::Path;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lucarne_protocol::settings::{AuthorizedKeys, Settings};
use lucarne_protocol::step::State;

use super::act::Deed;
use super::{account, files, scm, security};
use crate::boot::{Part, keys};
use crate::service;

/// How often something is looked at that is on its way.
const LOOK: Duration = Duration::from_millis(250);

/// How long a part may take, in seconds as KVM would.
pub(super) fn limit_sec(part: Part) -> u32 {
    match part {
        Part::OwnSid => 3600,
        Part::DataDisk => 900,
        Part::Adapters | Part::HostKeys | Part::Services | Part::DomainJoin => 180,
        _ => 60,
    }
}

/// What one part leaves for the parts behind it.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// The data disk's root, where it is ready.
    data: Option<String>,
    /// Whose keys there are, once a part asked.
    owners: Option<Vec<Result<authorized::Account, String>>>,
}

impl Made {
    fn owners(&mut self, all: &[AuthorizedKeys]) -> &authorized::Owners {
        self.owners.get_or_insert_with(|| authorized::owners(all))
    }
}

/// Does one.
pub(super) fn apply(
    part: Part,
    settings: &Settings,
    made: &mut Made,
    deed: &mut Deed<'_>,
) -> Result<(), String> {
    let keys = &settings.authorized_keys;
    match part {
        Part::DataDisk => {
            if let Some(wanted) = &settings.data_disk {
                made.data = Some(data_disk::ready(deed, wanted)?);
            }
            Ok(())
        }
        Part::Adapters => adapters::tell(deed, &settings.adapters),
        Part::Passwords => passwords(settings),
        Part::AdministratorsKeys => authorized::of_administrators(deed, keys, made.owners(keys)),
        Part::EarlierKeys => authorized::remove_earlier(deed, made.owners(keys)),
        Part::AuthorizedKeys => authorized::of_others(deed, keys, made.owners(keys)),
        Part::Files => put_files(settings),
        Part::NoFiles => files::remove(Path::new(&Settings::folder())),
        Part::HostKeys => host_keys::provide(deed, made.data.as_deref()),
        Part::Services => services(settings, deed),
        Part::OwnSid => identity::own_sid(deed),
        Part::ComputerName => identity::name(settings),
        Part::DomainJoin => identity::join(deed, settings),
        Part::Identity => identity::holds(settings),
    }
}

/// Lets some time pass.
fn wait() {
    thread::park_timeout(LOOK);
}

/// All that went wrong, in one line.
pub(super) fn all(wrong: Vec<String>) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

/// Windows' words for what is wrong with a password never repeat it.
fn passwords(settings: &Settings) -> Result<(), String> {
    let set = settings.passwords.iter().map(|it| {
        let account = security::local_name(&it.account)?;
        account::set_password(&account, it.password.reveal())
    });
    all(set.filter_map(Result::err).collect())
}

/// The files of the steps, in a folder that is SYSTEM's and the administrators'.
fn put_files(settings: &Settings) -> Result<(), String> {
    let folder = Settings::folder();
    files::remove(Path::new(&folder))?;
    files::make(&folder)?;
    security::protect(&folder, &keys::folder_sddl(None))?;
    for file in &settings.payloads {
        let name = &file.name;
        let bytes = STANDARD.decode(&file.data);
        let bytes = bytes.map_err(|_| format!("the file `{name}` is no base64"))?;
        files::write_whole(&format!(r"{folder}\{name}"), &bytes)?;
    }
    Ok(())
}

/// Starts whoever lets somebody in.
fn services(settings: &Settings, deed: &mut Deed<'_>) -> Result<(), String> {
    let begun = settings.services.iter().map(|name| begin(name, deed));
    all(begun.filter_map(Result::err).collect())
}

fn begin(name: &str, deed: &mut Deed<'_>) -> Result<(), String> {
    if !scm::exists(name)? {
        (deed.output)(format!("the image has no service `{name}`"));
        return Ok(());
    }
    let starts = service::only(name, None, Some(State::Running));
    scm::door::open(&starts, deed.limit)
}

/// Where Windows' SSH server has its configuration and its keys. Made as the server itself makes
/// it, where it never ran: everybody may look, and nobody else may change.
fn ssh_folder(deed: &Deed<'_>) -> Result<String, String> {
    let data = deed.variables.get("ProgramData");
    let folder = format!(r"{}\ssh", data.as_deref().unwrap_or(r"C:\ProgramData"));
    if !Path::new(&folder).is_dir() {
        files::make(&folder)?;
        let everybody = "(A;OICI;0x1200a9;;;AU)";
        security::protect(&folder, &(keys::folder_sddl(None) + everybody))?;
    }
    Ok(folder)
}
