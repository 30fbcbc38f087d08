//! Proxmox's configuration: a pure function of an image's facts.
//!
//! The keys of `qm create`, of which `qm config` shows what has no disk. What becomes of them is
//! read off qemu-server of Proxmox VE 9.

use lucarne_protocol::settings::DATA_SERIAL;

use super::common::names::label;
use super::common::{told, yaml};
use super::{Facts, Text, files};
use crate::spec::{Bus, FirmwareKind};

/// The first build that Proxmox' `win11` is for: Windows 11 and Server 2022.
const WIN11_BUILD: u32 = 20348;
/// How large the data disk is, in GiB.
const DATA_GIB: u32 = 64;
/// How long Windows may take to shut down, in seconds.
const SHUTDOWN_SEC: u32 = 300;

/// The texts, each with the name of its file.
#[must_use]
pub fn texts(image: &Facts) -> Vec<Text> {
    let settings = settings(image);
    vec![
        ("qm.conf".to_owned(), configuration(image, &settings)),
        ("qm-create.sh".to_owned(), script(image, &settings)),
        told::file(&label(&image.name), true, Vec::new()),
    ]
}

/// What a setting needs of the host.
enum Setting {
    /// Nothing.
    Plain(String),
    /// A volume: what it is made from, and its options.
    Volume { from: Made, options: String },
}

/// What `qm create` makes a volume from.
enum Made {
    /// A size in GiB.
    Size(u32),
    /// The disk of this export.
    Disk,
}

fn settings(image: &Facts) -> Vec<(&'static str, Setting)> {
    let plain = |text: &str| Setting::Plain(text.to_owned());
    let disk = disks(image);
    let mut settings = vec![
        ("agent", plain("enabled=1")),
        ("balloon", plain("0")),
        ("boot", Setting::Plain(format!("order={}", disk[0].0))),
        ("cores", Setting::Plain(image.cores.to_string())),
        // Without what would let Windows 11 24H2 turn virtualisation-based security on.
        ("cpu", plain("x86-64-v2-AES")),
        // The image's clock is UTC: Proxmox has the local time for a Windows that says nothing.
        ("localtime", plain("0")),
        ("machine", plain("q35")),
        ("memory", Setting::Plain(image.memory_mib.to_string())),
        ("name", Setting::Plain(label(&image.name))),
        ("net0", plain("virtio,bridge=vmbr0")),
        ("numa", plain("0")),
        ("ostype", plain(ostype(image))),
        ("scsihw", plain("virtio-scsi-pci")),
        ("serial0", plain("socket")),
        ("smbios1", Setting::Plain(format!("uuid={}", image.uuid))),
        ("sockets", plain("1")),
        ("startup", Setting::Plain(format!("down={SHUTDOWN_SEC}"))),
        ("tablet", plain("1")),
        ("vga", plain("std")),
        // Port 1 of the AHCI controller with q35, where Windows looks for what it is told.
        ("ide2", plain("none,media=cdrom")),
    ];
    settings.push((
        "bios",
        plain(match image.firmware {
            FirmwareKind::Uefi => "ovmf",
            FirmwareKind::Bios => "seabios",
        }),
    ));
    if image.firmware == FirmwareKind::Uefi {
        // Proxmox' own variables: Windows' loader is where every firmware looks for one too.
        let keys = u8::from(image.secure_boot);
        let options = format!(",efitype=4m,pre-enrolled-keys={keys}");
        let from = Made::Size(1);
        settings.push(("efidisk0", Setting::Volume { from, options }));
    }
    if image.tpm {
        let (from, options) = (Made::Size(1), ",version=v2.0".to_owned());
        settings.push(("tpmstate0", Setting::Volume { from, options }));
    }
    settings.extend(disk);
    settings.sort_by_key(|(key, _)| *key);
    settings
}

/// `win11` and `win10` differ in what Proxmox does for them: the first is for Windows 11, Server
/// 2022 and 2025.
fn ostype(image: &Facts) -> &'static str {
    if image.build >= WIN11_BUILD {
        "win11"
    } else {
        "win10"
    }
}

/// The system disk and the data disk.
fn disks(image: &Facts) -> [(&'static str, Setting); 2] {
    let (system, data) = match image.bus {
        Bus::VirtioScsi => ("scsi0", "scsi1"),
        Bus::VirtioBlk => ("virtio0", "virtio1"),
        // Proxmox has no NVMe: `Format::facts` has taken another.
        Bus::Nvme | Bus::Sata => ("sata0", "sata1"),
    };
    // virtio-blk has no rotation rate to say.
    let ssd = if image.bus == Bus::VirtioBlk {
        ""
    } else {
        ",ssd=1"
    };
    let options = format!(",discard=on{ssd}");
    let from = Made::Size(DATA_GIB);
    let with_serial = format!("{options},serial={DATA_SERIAL}");
    [
        (
            system,
            Setting::Volume {
                from: Made::Disk,
                options,
            },
        ),
        (
            data,
            Setting::Volume {
                from,
                options: with_serial,
            },
        ),
    ]
}

fn about(image: &Facts) -> String {
    let sysprep = if image.generalized {
        "\nThe image is generalised: Windows goes through OOBE at the first start."
    } else {
        ""
    };
    format!(
        "The system disk is kept: a machine that is thrown away is a linked clone of a template\n\
         (`qm template`, `qm clone`).\n\
         What Windows is told at each start (docs/guest.md) is the CD of ide2. Edit config.json,\n\
           \n  {}\n\
         \nupload it, and: qm set VMID --ide2 STORAGE:iso/config.iso,media=cdrom\n\
         {}{sysprep}",
        told::MAKE_CD,
        told::STAYS
    )
}

/// The file of `/etc/pve/qemu-server`, as it is once the machine was made.
fn configuration(image: &Facts, settings: &[(&str, Setting)]) -> String {
    let comment = format!(
        "A machine of the image, as VMID.conf in /etc/pve/qemu-server has it. The volumes must be\n\
         there: qm-create.sh makes them, and this.\n{}",
        about(image)
    );
    let mut volumes = 0..;
    let line = |(key, setting): &(&str, Setting)| match setting {
        Setting::Plain(value) => format!("{key}: {value}\n"),
        Setting::Volume { options, .. } => {
            let number = volumes.next().unwrap_or_default();
            format!("{key}: STORAGE:vm-VMID-disk-{number}{options}\n")
        }
    };
    let lines: Vec<_> = settings.iter().map(line).collect();
    yaml::comment(&comment) + &lines.concat()
}

/// Finds the disk. The shell keeps the folder as it is called, whatever that is; what `qm` reads it
/// in ends at a comma, and has one line (`parse_property_string` of Proxmox' pve-common).
const FIND: &str = r#"disk=$PWD/DISK
if [ ! -f "$disk" ]; then
  echo "there is no DISK: run this where the export lies" >&2
  exit 1
fi
case $disk in
  *,* | *'
'*)
    echo "\`qm\` takes no path with a comma or a line end: move $disk" >&2
    exit 1
    ;;
esac
"#;

/// A script that makes the machine. No value has a character that a shell reads in double quotes.
fn script(image: &Facts, settings: &[(&str, Setting)]) -> String {
    let disk = files::QCOW2;
    let comment = yaml::comment(&format!(
        "Makes a machine of the image on a host of Proxmox', run where {disk} lies:\n\
         \n  \
           sh qm-create.sh VMID STORAGE\n\
         \n{}",
        about(image)
    ));
    let word = |(key, setting): &(&str, Setting)| {
        let value = match setting {
            Setting::Plain(value) => value.clone(),
            Setting::Volume { from, options } => match from {
                Made::Size(gib) => format!("$storage:{gib}{options}"),
                Made::Disk => format!("$storage:0,import-from=$disk{options}"),
            },
        };
        format!(" \\\n  --{key} \"{value}\"")
    };
    let words: Vec<_> = settings.iter().map(word).collect();
    format!(
        "#!/bin/sh\n{comment}set -eu\nvmid=${{1:?VMID}}\nstorage=${{2:?STORAGE}}\n{}\
         exec qm create \"$vmid\"{}\n",
        FIND.replace("DISK", disk),
        words.concat()
    )
}
