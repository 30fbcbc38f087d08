//! Lima's template: a pure function of an image's facts.
//!
//! Lima 2.2 installs guests of `os: Windows` from three CDs: the ISO of Windows, virtio-win's, and
//! its own with an answer file. An image needs none of that, so the drives have other media: Lima
//! finds the disk made already, and passes over the install. What it does with each file is read
//! off its source (`pkg/instance/start.go`, `pkg/driver/qemu/qemu.go`, `pkg/cidata`).

use lucarne_protocol::step::{Action, Encoding, File, LineEnds, Phase, Source, Step};
use serde_json::{Value, json};

use super::common::names::label;
use super::common::{told, yaml};
use super::{Facts, Text, files};
use crate::spec::FirmwareKind;

/// The first Lima that has guests of Windows.
const LIMA: &str = "2.2.0";
/// The file that Lima asks Windows for, over SSH, to know that it is up.
const UP: &str = r"C:\ProgramData\Lima\lima-boot-done.txt";
const STEP_SEC: u32 = 120;

/// The texts, each with the name of its file.
#[must_use]
pub fn texts(image: &Facts) -> Vec<Text> {
    let name = label(&image.name);
    let template = yaml::document(&comment(image, &name), &template(image, &name));
    vec![
        ("lima.yaml".to_owned(), template),
        told::file(&name, false, vec![up()]),
    ]
}

/// Says to Lima that Windows is up. In the order of a start SSH's server comes behind it.
fn up() -> Step {
    let source = Source::Text {
        text: "up\n".to_owned(),
        encoding: Encoding::Utf8,
        line_ends: LineEnds::Crlf,
    };
    let file = File {
        path: UP.to_owned(),
        source,
        append: false,
        sddl: None,
    };
    Step {
        id: "lima-up".to_owned(),
        name: "Tell Lima that Windows is up".to_owned(),
        phase: Phase::Boot,
        timeout_sec: STEP_SEC,
        check: None,
        reboot: false,
        action: Action::File(file),
    }
}

fn comment(image: &Facts, name: &str) -> String {
    let folder = format!("~/.lima/{name}");
    let mut text = format!(
        "A machine of the image in Lima {LIMA} or later, which calls its guests of Windows\n\
         experimental. Put the account's name, one that the image has, into `user.name` and into\n\
         config.json, and there ~/.lima/_config/user.pub as its key. Then, where these files lie:\n\
         \n  \
           {}\n  \
           limactl create --name={name} lima.yaml\n  \
           cp {} {folder}/disk\n  \
           cp config.iso {folder}/iso\n  \
           limactl start {name}\n\
         \n\
         The three CDs that Lima installs Windows from: `iso`, whose label it reads before each\n\
         start and which is of no use here; `virtioWin`, on port 1 of the AHCI controller, where\n\
         Windows looks for what it is told; and its own, which nothing reads. Lima takes them out\n\
         for good once Windows was up, or was waited for in vain for ten minutes: before each\n\
         later start, or SSH stays closed,\n\
         \n  \
           rm {folder}/win-done-installation\n\
         \n\
         and {folder}/virtio-win too when config.iso has changed. The edition is the image's.\n\
         Lima's firmware has no Secure Boot, and forgets its variables.",
        told::MAKE_CD,
        files::QCOW2
    );
    if image.generalized {
        text.push_str("\nThe image is generalised: Windows goes through OOBE at the first start.");
    }
    text
}

fn template(image: &Facts, name: &str) -> Value {
    // In whole MiB, and never less than the disk, which Lima does not shrink.
    let disk = image.virtual_bytes.div_ceil(1 << 20);
    let config = json!([{ "arch": "x86_64", "location": format!("~/.lima/{name}/iso") }]);
    json!({
        "arch": "x86_64",
        "cpus": image.cores,
        "disk": format!("{disk}MiB"),
        "firmware": { "legacyBIOS": image.firmware == FirmwareKind::Bios },
        "images": config,
        "memory": format!("{}MiB", image.memory_mib),
        "minimumLimaVersion": LIMA,
        "os": "Windows",
        "osOpts": { "Windows": { "virtioWin": config } },
        "plain": true,
        "tpm": image.tpm,
        "user": { "name": told::ACCOUNT },
        // Windows without any screen is nothing that anybody has tried.
        "video": { "display": "vnc" },
        "vmType": "qemu",
    })
}
