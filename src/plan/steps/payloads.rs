//! Files that go onto the media for steps.

use lucarne_protocol::step;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::paths;
use crate::problem::{acts, operand};

/// The folder of the media's `lucarne` folder that they are in, one folder for each step.
pub(super) const FOLDER: &str = "payload";
/// With `lucarne/payload/` and a step's id before it a name fills the path that Joliet allows.
pub(super) const NAME_MAX: usize = 63;
/// What Joliet allows a name.
const PART_MAX: usize = 64;
/// More belong into a folder.
pub(super) const BESIDE_MAX: usize = 256;
/// The longest path of Linux.
const HOST_PATH_MAX: usize = 4095;
/// What stands before a path on virtio-win's ISO.
pub(super) const ON_VIRTIO_WIN: &str = "virtio-win:";
/// Where Nix keeps what it knows, with a hash of 32 characters and a hyphen before each name.
pub(super) const STORE: &str = "/nix/store/";
pub(super) const STORE_HASH: usize = 32;

/// A file or a folder that a step needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The option path that asked for it.
    #[serde(skip)]
    pub at: String,
    pub path: step::Payload,
    #[serde(flatten)]
    pub contents: Contents,
}

impl Payload {
    /// Whether it is another file, whose path could be one.
    pub(in crate::plan) fn is_named(&self) -> bool {
        match &self.contents {
            Contents::Host(host) => wrong_host_path(&host.path).is_none(),
            Contents::Text(_) => false,
            Contents::VirtioWin(path) => !path.is_empty(),
        }
    }

    /// Its path on the media, with `/`.
    #[must_use]
    pub fn on_media(&self) -> String {
        format!("lucarne/{}", self.path.0.replace('\\', "/"))
    }
}

/// What a payload holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Contents {
    /// A text of the spec, as it will be on the media.
    #[serde(rename = "textSha256", serialize_with = "hashed")]
    Text(String),
    Host(Host),
    /// A file of virtio-win's ISO, by its path there.
    VirtioWin(String),
}

/// Something of the host's. Its path stays out of `plan.json`: a path of the store would drag what
/// it names into the closure of everything that holds the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub path: String,
    pub kind: HostKind,
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.kind.serialize(serializer)
    }
}

/// What must be at a path of the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HostKind {
    File,
    Folder,
    /// Either.
    Any,
    /// A folder with an INF.
    Drivers,
    /// A file with certificates in DER or PEM.
    Certificate,
    /// A script in ASCII.
    Cmd,
    /// A script in UTF-8.
    PowerShell,
}

fn hashed<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    use std::fmt::Write as _;
    let digest = Sha256::digest(text);
    let hex = digest.iter().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    });
    serializer.serialize_str(&hex)
}

/// What a file is called, without the hash that Nix gives it.
pub(super) fn host_name(path: &str) -> &str {
    let path = path.strip_prefix(ON_VIRTIO_WIN).unwrap_or(path);
    let path = path.trim_end_matches('/');
    let in_store = path.strip_prefix(STORE);
    let name = in_store.and_then(|rest| {
        let (hash, name) = rest.split_once('-')?;
        (hash.len() == STORE_HASH && !name.contains('/')).then_some(name)
    });
    name.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path))
}

/// What is wrong with a file's name for Windows, and for Joliet, whose characters have 16 bits and
/// which marks a version with `;`.
pub(super) fn wrong_name(name: &str) -> Option<String> {
    wrong(name, NAME_MAX)
}

/// The same of a name in a folder, whose path is measured as a whole.
pub(crate) fn wrong_part(name: &str) -> Option<String> {
    wrong(name, PART_MAX)
}

fn wrong(name: &str, most: usize) -> Option<String> {
    let odd = |c: &char| *c == ';' || *c > '\u{ffff}';
    let odd = name.chars().find(odd);
    let odd = odd.map(|c| format!("has {}", operand(&c.to_string())));
    paths::wrong_name(name, most).or(odd)
}

/// What is wrong with a path of the host's, as far as its text tells.
pub(in crate::plan) fn wrong_host_path(path: &str) -> Option<String> {
    if path.is_empty() {
        Some("is empty".to_owned())
    } else if path.len() > HOST_PATH_MAX {
        Some(format!("has more than {HOST_PATH_MAX} bytes"))
    } else if path.contains(acts) {
        Some("has a control character".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::host_name;

    #[test]
    fn files_are_called_as_they_were_before_the_store() {
        let hash = "0123456789abcdfghijklmnpqrsvwxyz";
        assert_eq!(host_name(&format!("/nix/store/{hash}-7z.msi")), "7z.msi");
        assert_eq!(
            host_name(&format!("/nix/store/{hash}-src/a-b.msi")),
            "a-b.msi"
        );
        assert_eq!(host_name("/srv/files/"), "files");
        assert_eq!(host_name("setup.exe"), "setup.exe");
        assert_eq!(host_name("virtio-win:gt.msi"), "gt.msi");
    }
}
