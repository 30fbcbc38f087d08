//! What a machine is told at each of its starts: `lucarne.guest/1`, the one file of a small CD.
//!
//! Data only, and everything in the file [`FILE`]. The guest program finds the CD by its place
//! (port 1 of the AHCI controller), reads the file once, and needs the medium no more: the host
//! takes it out at `applied` or `failed`, for every account of the guest could read its secrets.
//! After a restart of Windows the program reads it again, so a RESET puts it back.
//!
//! The order in which it is applied: data disk, adapters, the image's own steps of each start,
//! passwords, keys, [`Settings::steps`], and last [`Settings::services`], so that nobody is let in
//! before. With [`Purpose::Start`] Windows is never restarted.

mod check;
mod network;
mod secret;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::step::{FOLDER, Payload, Step};

pub use check::wrong_password;
pub use network::{Adapter, Address, Mac};
pub use secret::Secret;

/// The document's schema.
pub const SETTINGS_SCHEMA: &str = "lucarne.guest/1";

/// The one file of the CD, in its root.
pub const FILE: &str = "machine.json";

/// The longest document, in bytes. A credential has 1 MiB at most.
pub const BYTES_MAX: usize = 16 << 20;

/// The serial number of the data disk, at whatever controller it is.
pub const DATA_SERIAL: &str = "lucarne-data";

/// Windows' service of OpenSSH's server.
pub const SSH: &str = "sshd";
/// Windows' service of Remote Desktop.
pub const REMOTE_DESKTOP: &str = "TermService";
/// Windows' service of remote management: PowerShell's sessions, WMI.
pub const REMOTE_MANAGEMENT: &str = "WinRM";
/// The services that let somebody in from outside. Who may come in must be known before.
pub const DOORS: [&str; 3] = [SSH, REMOTE_DESKTOP, REMOTE_MANAGEMENT];

/// The folder below [`FOLDER`] that [`Settings::payloads`] lie in while steps run.
const PAYLOADS: &str = "start";

/// All that a machine is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Always [`SETTINGS_SCHEMA`].
    pub schema: String,
    /// The instance's name.
    pub instance: String,
    pub purpose: Purpose,
    /// Default: there is no data disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_disk: Option<DataDisk>,
    /// One that is not listed is left as it is: it asks DHCP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adapters: Vec<Adapter>,
    /// Of accounts that there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passwords: Vec<Password>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorized_keys: Vec<AuthorizedKeys>,
    /// Files that the steps need. They lie on C: while the steps run, and hold no secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payloads: Vec<File>,
    /// All of phase `boot`: folders, shares, certificates, scripts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Services that let somebody in, started in the end, such as the [`DOORS`], and disabled once
    /// they run: the next start begins them. One that the image has not is no failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// The computer's name, at most 15 characters. Only for [`Purpose::Identity`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<String>,
    /// What `djoin /provision /printblob` wrote, in base64. Only for [`Purpose::Identity`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_join: Option<Secret>,
    /// Whether the instance gets a machine SID of its own. Only for [`Purpose::Identity`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_sid: bool,
}

/// What the machine was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// To be used. The program says `applied`, then `ready` or `failed`, and nothing restarts.
    Start,
    /// To get what makes an instance itself: name, domain, certificates, SID. The program restarts
    /// Windows, looks whether all of it holds, says `done` and switches off.
    Identity,
}

/// The disk that stays. It is made ready only where it holds nothing at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataDisk {
    /// [`DATA_SERIAL`].
    pub serial: String,
    /// From D to Z. Whatever else has it is moved.
    pub letter: char,
    /// Given when the disk is made ready, and never again; at most 32 characters.
    pub label: String,
}

/// The password of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Password {
    /// Of Windows' own accounts, by the English name.
    pub account: String,
    pub password: Secret,
}

/// Who may log on as an account over SSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorizedKeys {
    pub account: String,
    /// Lines of `authorized_keys`. Those of administrators go into one file that is all
    /// administrators', as Windows' `sshd_config` has it.
    pub keys: Vec<String>,
}

/// A file that a step needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// Of letters, digits and `-._`, at most 64; unique in any case of letters.
    pub name: String,
    /// Its bytes, in base64.
    pub data: String,
}

impl File {
    /// What steps call it.
    #[must_use]
    pub fn payload(name: &str) -> Payload {
        Payload(format!(r"{PAYLOADS}\{name}"))
    }
}

impl Settings {
    /// Settings that say nothing but who they are for.
    #[must_use]
    pub fn new(instance: &str, purpose: Purpose) -> Self {
        Self {
            schema: SETTINGS_SCHEMA.to_owned(),
            instance: instance.to_owned(),
            purpose,
            data_disk: None,
            adapters: Vec::new(),
            passwords: Vec::new(),
            authorized_keys: Vec::new(),
            payloads: Vec::new(),
            steps: Vec::new(),
            services: Vec::new(),
            computer_name: None,
            domain_join: None,
            own_sid: false,
        }
    }

    /// The folder of the payloads, on C:.
    #[must_use]
    pub fn folder() -> String {
        format!(r"{FOLDER}\{PAYLOADS}")
    }

    /// Reads the document. The error says where and what, and repeats no value: it may be a secret.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > BYTES_MAX {
            return Err(format!("it has more than {BYTES_MAX} bytes"));
        }
        let settings: Self = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let kind = match error.classify() {
                serde_json::error::Category::Data => "is not as its schema has it",
                _ => "is no JSON",
            };
            format!("it {kind}, at line {line}, column {column}")
        })?;
        settings.check().map(|()| settings)
    }

    /// The document, one that [`Settings::read`] takes.
    pub fn write(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        self.check()?;
        let bytes = serde_json::to_vec_pretty(self).map(Zeroizing::new);
        let bytes = bytes.map_err(|error| format!("it is no JSON: {:?}", error.classify()))?;
        if bytes.len() > BYTES_MAX {
            return Err(format!("it has more than {BYTES_MAX} bytes"));
        }
        Ok(bytes)
    }
}
