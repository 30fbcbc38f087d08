//! The CD with the machine's settings, found by its place on the controller: labels can be
//! anybody's, and letters are nobody's.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    init::platform::{self, fact, names},
    settings::{self, BYTES_MAX, Settings},
};

/// Where the medium is mounted while it is read.
const ROOT: &str = "/mnt/settings";
const FILE: &str = "machine.json";

/// The AHCI ports that CD drives are at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drive {
    First,
    Second,
}

/// The device of a drive. The kernel numbers the ports of a controller from 1.
fn device(drive: Drive) -> Option<String> {
    let wanted = match drive {
        Drive::First => "1",
        Drive::Second => "2",
    };
    names("/sys/block")
        .into_iter()
        .filter(|name| name.starts_with("sr"))
        .find(|name| {
            let path = fs::canonicalize(format!("/sys/block/{name}")).unwrap_or_default();
            let port = path.iter().find_map(|part| {
                let part = part.to_str()?;
                part.starts_with("ata").then(|| part.to_owned())
            });
            port.is_some_and(|port| fact(format!("/sys/class/ata_port/{port}/port_no")) == wanted)
        })
}

/// Whether there is a medium in a drive: reading its first byte asks the drive.
pub(super) fn present(drive: Drive) -> bool {
    device(drive).is_some_and(|name| {
        let file = File::open(format!("/dev/{name}"));
        file.is_ok_and(|mut file| file.read_exact(&mut [0]).is_ok())
    })
}

/// Mounts the medium and reads the settings; none where there is no medium.
pub(super) fn settings() -> Result<Option<(PathBuf, Settings)>> {
    if !present(Drive::Second) {
        return Ok(None);
    }
    platform::load(&["isofs", "udf", "nls_utf8"])?;
    let name = device(Drive::Second).context("no drive")?;
    let root = PathBuf::from(ROOT);
    let options = "norock,iocharset=utf8";
    platform::mount(&format!("/dev/{name}"), "iso9660", &root, options)?;
    let settings = read(&root);
    if settings.is_err() {
        release(&root)?;
    }
    Ok(Some((root, settings?)))
}

fn read(root: &Path) -> Result<Settings> {
    let file = File::open(root.join(FILE)).context("the medium has no `machine.json`")?;
    let mut bytes = Vec::new();
    let read = file.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.context("cannot read `machine.json`")?;
    ensure!(
        bytes.len() as u64 <= BYTES_MAX,
        "`machine.json` is too long"
    );
    settings::read(&bytes)
}

/// Lets go of the medium, which the host takes out of its drive next.
pub(super) fn release(root: &Path) -> Result<()> {
    if root.as_os_str().is_empty() {
        return Ok(());
    }
    platform::unmount(root)
}
