//! The medium of the settings: found by its place, read once, without a letter.

use std::io::{Error, Read as _};

use lucarne_protocol::settings::{BYTES_MAX, FILE, Settings};
use windows_sys::Win32::Storage::IscsiDisc::IOCTL_SCSI_GET_ADDRESS;
use zeroize::Zeroizing;

use crate::boot::cd::Place;
use crate::boot::raw;
use crate::windows::device::{Device, For};
use crate::windows::{medium, world};

/// So many drives are looked at.
const DRIVES_MAX: u32 = 32;

/// What a start's medium tells; `None` where the drive is empty, or not there.
pub(in crate::windows) fn settings() -> Result<Option<Settings>, String> {
    let drives = (0..DRIVES_MAX).filter_map(|number| Some((number, place(number)?)));
    let drives: Vec<(u32, Place)> = drives.collect();
    let ours = drives.iter().filter(|(_, place)| place.is_ours());
    let ours: Vec<u32> = ours.map(|(number, _)| *number).collect();
    match ours[..] {
        [] => {
            // For whoever wonders why a machine knows nothing of its settings.
            world::note(&format!(
                "no CD drive has the place of the settings: {drives:?}"
            ));
            Ok(None)
        }
        // The object manager's own name of the drive: what the file system on it shows needs
        // neither a letter nor a mount point.
        [number] => read(&format!(r"\\?\GLOBALROOT\Device\CdRom{number}\{FILE}")),
        _ => Err(format!("{} drives have its place", ours.len())),
    }
}

/// Where a CD drive is.
fn place(number: u32) -> Option<Place> {
    let drive = Device::open(&format!(r"\\.\CdRom{number}"), For::Questions)?;
    let bus = drive.descriptor().ok()?.bus;
    let address = drive.ask(IOCTL_SCSI_GET_ADDRESS, "read the address").ok()?;
    raw::place(&address, bus)
}

/// Reads the document.
pub(in crate::windows) fn read(path: &str) -> Result<Option<Settings>, String> {
    let cannot = |error: Error| format!("cannot read `{path}`: {error}");
    let Some(file) = medium::open(path).map_err(cannot)? else {
        return Ok(None);
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let limit = BYTES_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(cannot)?;
    let settings = Settings::read(&bytes).map_err(|error| format!("`{path}`: {error}"))?;
    Ok(Some(settings))
}
