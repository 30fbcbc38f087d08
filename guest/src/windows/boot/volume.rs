//! Volumes: found by where they lie, formatted, extended, lettered.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Storage::FileSystem::{
    FindFirstVolumeW, FindNextVolumeW, FindVolumeClose, GetVolumePathNamesForVolumeNameW,
    IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, SetVolumeLabelW,
};
use windows_sys::Win32::System::Ioctl::FSCTL_EXTEND_VOLUME;

use super::wait;
use crate::boot::disk;
use crate::boot::letter::{self, Holder, Move};
use crate::boot::raw;
use crate::windows::act::Deed;
use crate::windows::device::{Device, For};
use crate::windows::letters;
use crate::windows::wide::{done, narrow, wide};

/// How long Windows may take to show the volume of a partition.
const ARRIVAL: Duration = Duration::from_secs(30);
/// Room for `\\?\Volume{GUID}\`.
const NAME_UNITS: u32 = 64;
/// Volumes that are looked at.
const VOLUMES_MAX: usize = 256;

/// A volume, by its name with `\` at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Volume(pub(super) String);

impl Volume {
    /// The one that lies there, once Windows shows it.
    pub(super) fn at(disk: u32, offset: u64) -> Result<Self, String> {
        let end = Instant::now() + ARRIVAL;
        loop {
            let found = names()?.into_iter().map(Self);
            let found = found
                .into_iter()
                .find(|it| it.lies() == Some((disk, offset)));
            match found {
                Some(volume) => return Ok(volume),
                None if Instant::now() < end => wait(),
                None => return Err("Windows shows no volume of its partition".to_owned()),
            }
        }
    }

    /// Its device, which has no `\` at the end.
    fn device(&self, wanted: For) -> Result<Device, String> {
        let path = self.0.trim_end_matches('\\');
        Device::open(path, wanted).ok_or_else(|| format!("cannot open `{path}`"))
    }

    fn lies(&self) -> Option<(u32, u64)> {
        let device = self.device(For::Questions).ok()?;
        let answer = device.ask(IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, "find the place");
        raw::extent(&answer.ok()?)
    }

    /// Makes an NTFS on it, whatever it holds.
    ///
    /// By `format.com`: `FormatEx` of fmifs.dll has never been documented, and WMI's way needs COM.
    /// The volume's name is an argument of its own, `/Y` asks nobody.
    pub(super) fn format(&self, deed: &mut Deed<'_>) -> Result<(), String> {
        let volume = self.0.trim_end_matches('\\').to_owned();
        let options = ["/FS:NTFS", "/Q", "/X", "/Y"].map(str::to_owned);
        let arguments: Vec<String> = [volume].into_iter().chain(options).collect();
        let came = deed.own_well("format.com", &arguments)?;
        came.error
            .map_or(Ok(()), |error| Err(format!("`format.com`: {error}")))
    }

    /// Whether anything is on it beside what Windows itself puts there. Where Windows finds no
    /// whole file system there is nothing; one that cannot be listed for another reason is an
    /// error.
    pub(super) fn is_used(&self) -> Result<bool, String> {
        self.holds_others()
            .or_else(|error| match error.raw_os_error() {
                Some(code) if disk::is_not_whole(code) => Ok(false),
                _ => Err(format!("cannot list what its file system holds: {error}")),
            })
    }

    fn holds_others(&self) -> io::Result<bool> {
        const OF_WINDOWS: [&str; 2] = ["System Volume Information", "$RECYCLE.BIN"];
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            if !OF_WINDOWS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Names it for people.
    pub(super) fn label(&self, label: &str) -> Result<(), String> {
        let (root, text) = (wide(&self.0), wide(label));
        // SAFETY: both texts end with a zero.
        let set = unsafe { SetVolumeLabelW(root.as_ptr(), text.as_ptr()) };
        done(set, "cannot label the data disk")
    }

    /// Its file system gets so many sectors.
    pub(super) fn extend(&self, sectors: u64) -> Result<(), String> {
        let device = self.device(For::Changes)?;
        let sectors = i64::try_from(sectors).map_err(|_| "it is too large".to_owned())?;
        device.tell(FSCTL_EXTEND_VOLUME, &sectors, "extend the file system")?;
        Ok(())
    }

    /// The letters that it has.
    fn letters(&self) -> Result<Vec<char>, String> {
        let name = wide(&self.0);
        let mut units = vec![0_u16; 4096];
        let room = u32::try_from(units.len()).unwrap_or_default();
        let mut got = 0;
        // SAFETY: `name` ends with a zero, and `units` has the length that is told.
        let listed = unsafe {
            GetVolumePathNamesForVolumeNameW(name.as_ptr(), units.as_mut_ptr(), room, &raw mut got)
        };
        done(listed, "cannot list the letters of the data disk")?;
        // Each ends with a zero; folders that it is mounted at are longer than `D:\`.
        let paths = units
            .split(|unit| *unit == 0)
            .filter(|path| path.len() == 3);
        let letters = paths.filter_map(|path| narrow(path).chars().next());
        Ok(letters.map(|letter| letter.to_ascii_uppercase()).collect())
    }

    /// Gives it its letter, whoever has it. Gives the changes, for people.
    pub(super) fn take_letter(&self, wanted: char) -> Result<Vec<String>, String> {
        let taken = letters::taken();
        let holder = match letters::volume_of(wanted) {
            Ok(_) => Holder::Volume,
            Err(_) if taken.contains(&wanted) => Holder::Other,
            Err(_) => Holder::Nobody,
        };
        let moves = letter::moves(wanted, &self.letters()?, holder, &taken)?;
        let mut told = Vec::new();
        for it in moves {
            match it {
                Move::Away(from, to) => {
                    letters::move_one(from, to)?;
                    told.push(format!("what was {from}: is {to}: now"));
                }
                Move::Drop(letter) => letters::take(letter)?,
                Move::Give(letter) => letters::give(letter, &self.0)?,
            }
        }
        Ok(told)
    }
}

/// The names of all volumes.
fn names() -> Result<Vec<String>, String> {
    let mut name = [0_u16; NAME_UNITS as usize];
    // SAFETY: `name` has the length that is told.
    let search = unsafe { FindFirstVolumeW(name.as_mut_ptr(), NAME_UNITS) };
    if search == INVALID_HANDLE_VALUE {
        return Err(crate::windows::wide::last("cannot list the volumes"));
    }
    let mut names = vec![narrow(&name)];
    // SAFETY: the search is open, and `name` has the length that is told.
    while names.len() < VOLUMES_MAX
        && unsafe { FindNextVolumeW(search, name.as_mut_ptr(), NAME_UNITS) } != 0
    {
        names.push(narrow(&name));
    }
    // SAFETY: the search is open, and nobody uses it afterwards.
    unsafe { FindVolumeClose(search) };
    Ok(names)
}
