//! What a machine tells of itself to those who ask: the answer of the control socket, what
//! `ctl NAME status --json` prints, and each of what `ctl list --json` prints.

use std::net::{Ipv4Addr, Ipv6Addr};

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::{Kind, Member};
use super::state::{Phase, State};

/// The schema that this version writes.
pub const SCHEMA: &str = "lucarne.status/1";

/// How a machine is. What nobody can know of it is null: most of one that does not run, or of one
/// that is not yours to control.
///
/// It is read leniently, for a machine may be of an earlier version than the command that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(deny_unknown_fields)]
pub struct Status {
    /// Always `lucarne.status/1`.
    pub schema: String,
    pub name: String,
    pub kind: Kind,
    /// Whether its supervisor is there; of a machine that only the network knows, whether its
    /// interface is in use.
    pub running: bool,
    /// Its address in the host's network, where that has one.
    pub address: Option<Ipv4Addr>,
    pub address6: Option<Ipv6Addr>,
    /// The state folder.
    pub state: Option<String>,
    /// The supervisor's process.
    pub pid: Option<u32>,
    /// QEMU's process.
    pub qemu_pid: Option<u32>,
    /// The image's folder.
    pub image: Option<String>,
    /// RFC 3339, UTC.
    pub started_at: Option<String>,
    pub phase: Option<Phase>,
    /// When the guest said that it is ready, in this start of it: RFC 3339, UTC.
    pub ready_since: Option<String>,
    /// What the guest said went wrong, or the host, or why nothing more is known.
    pub trouble: Option<String>,
    /// How often the machine has restarted, from the same system disk or from a new one.
    pub restarts: Option<u32>,
    /// The port of 127.0.0.1 that leads to the guest's port 22.
    pub ssh_port: Option<u16>,
    /// Where VNC listens: the path of a socket, or `ADDRESS:PORT`.
    pub vnc: Option<String>,
    /// The data disk's file.
    pub data_disk: Option<String>,
    /// QEMU's word for its state (`running`, `paused`, …).
    pub qemu: Option<String>,
    /// Whether somebody is at the console, which has room for one.
    pub console_taken: Option<bool>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            name: String::new(),
            kind: Kind::default(),
            running: false,
            address: None,
            address6: None,
            state: None,
            pid: None,
            qemu_pid: None,
            image: None,
            started_at: None,
            phase: None,
            ready_since: None,
            trouble: None,
            restarts: None,
            ssh_port: None,
            vnc: None,
            data_disk: None,
            qemu: None,
            console_taken: None,
        }
    }
}

impl From<&State> for Status {
    fn from(state: &State) -> Self {
        let state = state.clone();
        Self {
            name: state.name,
            running: true,
            pid: Some(state.pid),
            qemu_pid: state.qemu_pid,
            image: Some(state.image),
            started_at: Some(state.started_at),
            phase: Some(state.phase),
            ready_since: state.ready_since,
            trouble: state.trouble,
            restarts: Some(state.restarts),
            ssh_port: state.ssh_port,
            vnc: state.vnc,
            data_disk: state.data_disk,
            ..Self::default()
        }
    }
}

impl Status {
    /// A machine that only the host's network tells of: one of ours, too, may live where nobody
    /// looks for it, as microvm.nix's host has them.
    #[must_use]
    pub fn of_member(name: &str, member: &Member) -> Self {
        Self::of_member_below(name, member, Utf8Path::new("/"))
    }

    /// The same, by what the kernel says below a root.
    fn of_member_below(name: &str, member: &Member, root: &Utf8Path) -> Self {
        Self {
            name: name.to_owned(),
            running: member.runs(root),
            ..Self::default()
        }
        .with(member)
    }

    /// The same with what the host's network tells.
    #[must_use]
    pub fn with(self, member: &Member) -> Self {
        Self {
            kind: member.kind,
            address: member.address,
            address6: member.address6,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn whose_interface_is_in_use_runs_whatever_it_is() {
        let folder = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        for (tap, carrier) in [("vm-on", "1\n"), ("vm-off", "0\n")] {
            let place = root.join("sys/class/net").join(tap);
            fs::create_dir_all(&place).expect("is writable");
            fs::write(place.join("carrier"), carrier).expect("is writable");
        }
        for kind in [Kind::Windows, Kind::Microvm, Kind::Other] {
            let running = [Some("vm-on"), Some("vm-off"), Some("vm-none"), None].map(|tap| {
                let member = Member {
                    kind,
                    tap: tap.map(ToOwned::to_owned),
                    ..Member::default()
                };
                let status = Status::of_member_below("office", &member, root);
                assert_eq!((status.name.as_str(), status.kind), ("office", kind));
                status.running
            });
            assert_eq!(running, [true, false, false, false], "{kind:?}");
        }
    }
}
