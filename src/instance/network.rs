//! The network of a host's machines, as its configuration has it: who has which address, Windows
//! machines and Linux guests alike.
//!
//! `lucarne.network` (`nix/modules/network`) writes it among the system's settings, for everybody
//! to read.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::found::Variable;
use super::host::Kernel;
use super::tap::is_used;
use crate::regular;

/// The schema that this version reads.
pub const SCHEMA: &str = "lucarne.network/1";
/// Below a folder of settings.
const FILE: &str = "lucarne/network.json";
/// Where those are, unless the environment says so (XDG Base Directory Specification).
const SETTINGS: &str = "/etc/xdg";
/// 10,000 machines have 2 MB.
const BYTES_MAX: u64 = 1 << 24;

#[derive(Deserialize)]
struct Network {
    schema: String,
    machines: BTreeMap<String, Member>,
}

/// A machine of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Member {
    pub kind: Kind,
    pub address: Option<Ipv4Addr>,
    pub address6: Option<Ipv6Addr>,
    /// Its interface on the host.
    pub tap: Option<String>,
}

/// Whose machine it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// One of Lucarne's.
    #[default]
    Windows,
    /// A Linux guest, which the host of microvm.nix runs.
    Microvm,
    /// One that the network only knows of.
    #[serde(other)]
    Other,
}

/// The members of this host's network by their names; none where it has no such network.
pub fn members(variable: Variable<'_>) -> anyhow::Result<BTreeMap<String, Member>> {
    let folders = variable("XDG_CONFIG_DIRS");
    let folders = folders.as_deref().unwrap_or(SETTINGS).split(':');
    // One that is not absolute is to be passed over, says the specification.
    for folder in folders.filter(|folder| folder.starts_with('/')) {
        let path = Utf8PathBuf::from(folder).join(FILE);
        let json = match regular::read(&path, BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            read => read.with_context(|| format!("cannot read `{path}`"))?,
        };
        return parse(&json).with_context(|| format!("`{path}` is no network's"));
    }
    Ok(BTreeMap::new())
}

fn parse(json: &[u8]) -> anyhow::Result<BTreeMap<String, Member>> {
    let network: Network = serde_json::from_slice(json)?;
    let schema = network.schema;
    ensure!(
        schema == SCHEMA,
        "its schema is `{schema}`, and this version reads `{SCHEMA}`\n\nhint: take `lucarne` and \
         the host's modules from the same version"
    );
    Ok(network.machines)
}

impl Member {
    /// Whether a program has its interface open, by what the kernel says below a root.
    pub(super) fn runs(&self, root: &Utf8Path) -> bool {
        // A file's name, wherever it is from.
        let is_name = |tap: &&String| !tap.contains('/') && !tap.starts_with('.');
        let Some(tap) = self.tap.as_ref().filter(is_name) else {
            return false;
        };
        let (kernel, place) = (Kernel(root), format!("sys/class/net/{tap}"));
        kernel.has(&place) && is_used(&kernel, &place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_read_and_another_one_told() {
        let json = br#"{
            "schema": "lucarne.network/1",
            "machines": {
                "office": { "kind": "windows", "address": "10.213.0.7", "mac": "" },
                "web": { "kind": "microvm", "address6": "fd00::7", "tap": "vmch-web" },
                "printer": { "kind": "appliance" }
            }
        }"#;
        let members = parse(json).expect("a network");
        let office = Member {
            address: Some(Ipv4Addr::new(10, 213, 0, 7)),
            ..Member::default()
        };
        assert_eq!(members["office"], office);
        let kinds: Vec<_> = members.values().map(|member| member.kind).collect();
        assert_eq!(kinds, [Kind::Windows, Kind::Other, Kind::Microvm]);
        let check = |json: &str, says: &str| {
            let error = format!("{:#}", parse(json.as_bytes()).expect_err("is none"));
            assert!(error.contains(says), "{error}");
        };
        check(
            r#"{"schema":"lucarne.network/2","machines":{}}"#,
            "same version",
        );
        check(
            r#"{"schema":"lucarne.network/1","machines":{"a":{"address":"10.0.0.256"}}}"#,
            "invalid IPv4 address",
        );
    }

    #[test]
    fn what_is_no_interface_does_not_run() {
        for tap in ["../../self/net", ".", "lo/../lo", "none-has-this-1"] {
            let member = Member {
                tap: Some(tap.to_owned()),
                ..Member::default()
            };
            assert!(!member.runs(Utf8Path::new("/")), "{tap}");
        }
    }
}
