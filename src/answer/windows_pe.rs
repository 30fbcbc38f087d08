//! The windowsPE pass: Setup itself, before there is a Windows.

use lucarne_protocol::{Event, Kind, encode};

use crate::answer::{drivers, languages};
use crate::plan::{Disk, FileSystem, Firmware, Partition, Plan, Role};
use crate::spec::Check;
use crate::unattend::{Component, Node, Pass, component, flag, group, item, leaf, ordered};

/// The only disk that the machine has; it is asserted there.
const DISK: &str = "0";
/// What a recovery partition is on a GPT disk (page of `ModifyPartition/TypeID`).
const RECOVERY_GPT: &str = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC";
/// And on an MBR disk: a hidden NTFS.
const RECOVERY_MBR: &str = "0x27";

pub(super) fn pass(plan: &Plan) -> Pass {
    let mut components = vec![international(plan)];
    components.extend(drivers::of_setup(plan));
    components.push(setup(plan));
    Pass {
        name: "windowsPE",
        components,
    }
}

fn international(plan: &Plan) -> Component {
    let ui = leaf("UILanguage", &plan.locale.ui);
    let mut settings = vec![group("SetupUILanguage", vec![ui])];
    settings.extend(languages(&plan.locale));
    component("Microsoft-Windows-International-Core-WinPE", settings)
}

fn setup(plan: &Plan) -> Component {
    let mut settings = vec![
        // No data goes to Microsoft from a machine without a network.
        group("Diagnostics", vec![leaf("OptIn", "false")]),
        disk_configuration(&plan.disk, plan.firmware),
        // Setup would look for updates of itself and wait for a network.
        group(
            "DynamicUpdate",
            vec![flag("Enable", false), leaf("WillShowUI", "OnError")],
        ),
        image_install(plan),
    ];
    let mut commands = bypasses(&plan.bypass_checks);
    commands.extend(plan.install.beacon.then(beacon));
    if !commands.is_empty() {
        let commands = commands.into_iter().map(|path| vec![leaf("Path", path)]);
        let commands = ordered("RunSynchronousCommand", commands);
        settings.push(group("RunSynchronous", commands));
    }
    settings.push(user_data(plan));
    component("Microsoft-Windows-Setup", settings)
}

/// Wipes the disk and makes the plan's partitions.
fn disk_configuration(disk: &Disk, firmware: Firmware) -> Node {
    let create = disk.partitions.iter().map(create_partition);
    // A reserved partition is neither formatted nor named.
    let numbered = (1_u32..).zip(&disk.partitions);
    let modify = numbered
        .filter(|(_, partition)| partition.role != Role::Msr)
        .map(|(id, partition)| modify_partition(id, partition, firmware));
    group(
        "DiskConfiguration",
        vec![
            item(
                "Disk",
                vec![
                    leaf("DiskID", DISK),
                    flag("WillWipeDisk", true),
                    group("CreatePartitions", ordered("CreatePartition", create)),
                    group("ModifyPartitions", ordered("ModifyPartition", modify)),
                ],
            ),
            leaf("WillShowUI", "OnError"),
        ],
    )
}

fn create_partition(partition: &Partition) -> Vec<Node> {
    let kind = match partition.role {
        Role::Efi => "EFI",
        Role::Msr => "MSR",
        Role::System | Role::Windows | Role::Recovery | Role::Data => "Primary",
    };
    // One of the two, never both.
    let size = match partition.size_mib {
        Some(size) => leaf("Size", size.to_string()),
        None => flag("Extend", true),
    };
    vec![leaf("Type", kind), size]
}

fn modify_partition(id: u32, partition: &Partition, firmware: Firmware) -> Vec<Node> {
    let mut nodes = vec![leaf("PartitionID", id.to_string())];
    if partition.active {
        // The BIOS starts the active partition.
        nodes.push(flag("Active", true));
    }
    let format = partition.format.map(|format| match format {
        FileSystem::Ntfs => "NTFS",
        FileSystem::Fat32 => "FAT32",
    });
    nodes.extend(format.map(|format| leaf("Format", format)));
    nodes.extend(partition.label.iter().map(|label| leaf("Label", label)));
    let letter = partition.letter.map(String::from);
    nodes.extend(letter.map(|letter| leaf("Letter", letter)));
    if partition.role == Role::Recovery {
        let kind = match firmware {
            Firmware::Uefi { .. } => RECOVERY_GPT,
            Firmware::Bios => RECOVERY_MBR,
        };
        nodes.push(leaf("TypeID", kind));
    }
    nodes
}

/// Which image goes where. By index: names may be given twice in a WIM, and some differ from what
/// Setup displays (`NAME` against `DISPLAYNAME`), while an index is one image. Only when the ISO
/// was not read is a name passed on as it was said.
fn image_install(plan: &Plan) -> Node {
    let (key, value) = match plan.image.index {
        0 => ("/IMAGE/NAME", plan.image.name.clone()),
        index => ("/IMAGE/INDEX", index.to_string()),
    };
    let which = item("MetaData", vec![leaf("Key", key), leaf("Value", value)]);
    let to = vec![
        leaf("DiskID", DISK),
        leaf("PartitionID", plan.disk.windows_partition.to_string()),
    ];
    group(
        "ImageInstall",
        vec![group(
            "OSImage",
            vec![
                group("InstallFrom", vec![which]),
                group("InstallTo", to),
                // A page that says what is wrong is what the last screenshot of the install shows.
                leaf("WillShowUI", "OnError"),
            ],
        )],
    )
}

/// Windows 11's checks read these values (`LabConfig`, known from Microsoft's support and used by
/// every tool that installs Windows 11 without a TPM; not in the reference).
fn bypasses(checks: &[Check]) -> Vec<String> {
    let commands = checks.iter().map(|check| {
        let name = match check {
            Check::Tpm => "BypassTPMCheck",
            Check::SecureBoot => "BypassSecureBootCheck",
            Check::Ram => "BypassRAMCheck",
            Check::Cpu => "BypassCPUCheck",
            Check::Storage => "BypassStorageCheck",
        };
        let key = r"HKLM\SYSTEM\Setup\LabConfig";
        format!("reg add {key} /v {name} /t REG_DWORD /d 1 /f")
    });
    commands.collect()
}

/// An event on COM1. Where there is no such port `cmd` says so and goes on. Its outer quotes go
/// first: with more than two of them `cmd` takes the first one and the last one away.
fn beacon() -> String {
    let event = encode(&Event {
        seq: 1,
        kind: Kind::Phase {
            phase: "windowsPE".into(),
        },
    });
    format!("cmd /c \"echo {}>COM1 & exit 0\"", event.trim())
}

fn user_data(plan: &Plan) -> Node {
    let key = match &plan.setup_key {
        Some(key) => vec![leaf("Key", key), leaf("WillShowUI", "OnError")],
        // Without the element Setup takes the firmware's key or none, and `Never` keeps its page
        // away. An empty one makes the Setup of 25H2 ask.
        None => vec![leaf("WillShowUI", "Never")],
    };
    group(
        "UserData",
        vec![flag("AcceptEula", true), group("ProductKey", key)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beacon_is_an_event_behind_which_cmd_sees_a_port() {
        let command = beacon();
        // What a `Path` may have.
        assert!(command.len() <= 259, "{command}");
        let (_, line) = command.split_once("echo ").expect("an echo");
        let (line, _) = line.split_once(">COM1").expect("a port");
        let event = lucarne_protocol::decode(line).expect("an event");
        event.expect("is well-formed");
        // Special characters count inside an odd quote no more.
        assert_eq!(line.matches('"').count() % 2, 0);
        assert!(!line.contains(['&', '|', '<', '>', '^', '%']), "{line}");
    }
}
