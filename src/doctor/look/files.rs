//! What the system tells in files.

use camino::Utf8Path;
use rustix::process::{getegid, geteuid, getgroups};

use super::super::seen::System;
use crate::regular;

/// Of `/proc/cpuinfo` with very many CPUs, and of `/etc/group` with very many users.
const BYTES_MAX: u64 = 8 << 20;

/// A file of the system's. One that is not there says nothing.
pub(super) fn text(path: &str) -> String {
    let bytes = regular::read(Utf8Path::new(path), BYTES_MAX).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn system() -> System {
    let groups = text("/etc/group");
    let mut own: Vec<_> = getgroups().unwrap_or_default();
    own.push(getegid());
    let mut own: Vec<_> = own
        .into_iter()
        .map(|id| group_name(&groups, id.as_raw()))
        .collect();
    own.sort();
    own.dedup();
    System {
        names: names(&text("/etc/os-release")),
        root: geteuid().is_root(),
        groups: own,
        has_own_group: members(&groups, "lucarne").is_some(),
    }
}

/// `ID` and `ID_LIKE` of os-release(5).
fn names(release: &str) -> Vec<String> {
    let value = |key: &str| {
        let mut lines = release.lines();
        let found = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let words = found.unwrap_or_default().trim_matches(['"', '\'']);
        words
            .split_whitespace()
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    [value("ID"), value("ID_LIKE")].concat()
}

/// A group's name in group(5), or its number.
pub(super) fn group_name(groups: &str, id: u32) -> String {
    let wanted = id.to_string();
    let mut lines = groups.lines().map(|line| line.split(':'));
    let found = lines.find_map(|mut line| {
        let name = line.next()?;
        (line.nth(1)? == wanted).then(|| name.to_owned())
    });
    found.unwrap_or(wanted)
}

/// The members of a group of group(5), where there is one.
pub(super) fn members(groups: &str, name: &str) -> Option<Vec<String>> {
    let mut lines = groups.lines().map(|line| line.split(':'));
    let mut line = lines.find(|line| line.clone().next() == Some(name))?;
    let members = line.nth(3).unwrap_or_default().split(',');
    let members = members.filter(|member| !member.is_empty());
    Some(members.map(ToOwned::to_owned).collect())
}

/// All memory and the free part of it, in MiB.
pub(super) fn memory() -> (u64, u64) {
    let text = text("/proc/meminfo");
    (mib(&text, "MemTotal:"), mib(&text, "MemAvailable:"))
}

fn mib(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}

/// Whether the CPU is a virtual one, and its own flag for virtualisation.
pub(super) fn cpu() -> (Option<String>, bool) {
    let text = text("/proc/cpuinfo");
    let flags = text.lines().find(|line| line.starts_with("flags"));
    let flags: Vec<_> = flags.unwrap_or_default().split_whitespace().collect();
    let flag = ["vmx", "svm"].into_iter().find(|flag| flags.contains(flag));
    (flag.map(ToOwned::to_owned), flags.contains(&"hypervisor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_say_is_read() {
        let groups = "root:x:0:\nkvm:x:994:alice,nixbld1\nnixbld:x:30000:nixbld1\n";
        assert_eq!(group_name(groups, 994), "kvm");
        assert_eq!(group_name(groups, 7), "7");
        let both = members(groups, "kvm").expect("is there");
        assert_eq!(both, ["alice", "nixbld1"]);
        assert_eq!(members(groups, "root"), Some(Vec::new()));
        assert_eq!(members(groups, "lucarne"), None);
        let release = "NAME=\"Ubuntu\"\nID_LIKE=\"debian x\"\nID=ubuntu\n";
        assert_eq!(names(release), ["ubuntu", "debian", "x"]);
        assert_eq!(mib("MemTotal:   2048000 kB\n", "MemTotal:"), 2000);
        assert_eq!(mib("", "MemTotal:"), 0);
    }
}
