//! Letters of drives.

use windows_sys::Win32::Storage::FileSystem::{
    DeleteVolumeMountPointW, GetDriveTypeW, GetLogicalDrives, GetVolumeNameForVolumeMountPointW,
    SetVolumeMountPointW,
};
use windows_sys::Win32::System::WindowsProgramming::DRIVE_CDROM;

use super::wide::{done, narrow, wide};
use crate::scrub;

/// The letters that are taken.
pub(super) fn taken() -> Vec<char> {
    // SAFETY: the call has no conditions.
    let drives = unsafe { GetLogicalDrives() };
    let letters = ('A'..='Z').enumerate();
    letters
        .filter(|(bit, _)| drives & (1 << bit) != 0)
        .map(|(_, letter)| letter)
        .collect()
}

fn root(letter: char) -> Vec<u16> {
    wide(&format!(r"{letter}:\"))
}

/// Whether a letter is a CD drive's.
pub(super) fn is_cd(letter: char) -> bool {
    let root = root(letter);
    // SAFETY: `root` ends with a zero.
    unsafe { GetDriveTypeW(root.as_ptr()) == DRIVE_CDROM }
}

/// Moves the CD drives to the alphabet's end, so that the data disk finds its letter free and
/// later drives come where nobody expects others. Gives the moves.
pub(super) fn move_cds(data: char) -> Result<Vec<String>, String> {
    let mut taken = taken();
    let cds: Vec<char> = taken
        .iter()
        .copied()
        .filter(|letter| is_cd(*letter))
        .collect();
    let mut moves = Vec::new();
    for old in cds {
        // Those that an earlier attempt moved are well where they are.
        if old > 'R' && old != data.to_ascii_uppercase() {
            continue;
        }
        let Some(new) = scrub::new_letter(&taken, data) else {
            return Err("no letter is free for a CD drive".to_owned());
        };
        move_one(old, new)?;
        taken.retain(|letter| *letter != old);
        taken.push(new);
        moves.push(format!("{old}: is {new}: now"));
    }
    Ok(moves)
}

/// Moves whatever volume has a letter to another one.
pub(super) fn move_one(old: char, new: char) -> Result<(), String> {
    let volume = volume_of(old)?;
    take(old)?;
    give(new, &volume)
}

/// The name of the volume that has a letter.
pub(super) fn volume_of(letter: char) -> Result<String, String> {
    let root = root(letter);
    // `\\?\Volume{GUID}\` and a zero.
    let mut name = [0_u16; 64];
    // SAFETY: `root` ends with a zero, and `name` has room for 64 units.
    let named = unsafe { GetVolumeNameForVolumeMountPointW(root.as_ptr(), name.as_mut_ptr(), 64) };
    done(named, &format!("cannot tell which volume is {letter}:"))?;
    Ok(narrow(&name))
}

/// Takes a letter from the volume that has it.
pub(super) fn take(letter: char) -> Result<(), String> {
    let root = root(letter);
    // SAFETY: `root` ends with a zero.
    let taken = unsafe { DeleteVolumeMountPointW(root.as_ptr()) };
    done(
        taken,
        &format!("cannot take the letter {letter}: from its volume"),
    )
}

/// Gives a volume a letter that is free.
pub(super) fn give(letter: char, volume: &str) -> Result<(), String> {
    let (root, name) = (root(letter), wide(volume));
    // SAFETY: both texts end with a zero.
    let given = unsafe { SetVolumeMountPointW(root.as_ptr(), name.as_ptr()) };
    done(given, &format!("cannot give a volume the letter {letter}:"))
}

/// The folder of optional features on the ISO, where it is in a drive.
pub(super) fn windows_sources() -> Option<String> {
    let mut cds = taken().into_iter().filter(|letter| is_cd(*letter));
    let folder = |letter| format!(r"{letter}:\sources\sxs");
    cds.find(|letter| std::path::Path::new(&folder(*letter)).is_dir())
        .map(folder)
}
