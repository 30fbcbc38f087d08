//! The overlay that the machine gets in place of the ISO: a qcow2 file backed by it, with one
//! changed sector and, where the disc lacks it, the boot image behind its end.

use std::fs::{self, File};
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use hadris_storage::sync::BlockDevice;

use super::IMAGE_BYTES_MAX;
use super::foresee::judged;
use super::patch::{self, BootPatch, Choice, Generation};
use crate::exec::Command;
use crate::failure::Failure;
use crate::optical::{self, Entry, SECTOR, Volume};
use crate::problem::Problems;
use crate::secure_boot::Variables;
use crate::tools::Tools;
use crate::windows_iso::wim;

/// `boot.wim` of a Windows 11 has about 600 MB.
const BOOT_WIM_BYTES_MAX: u64 = 4 << 30;
/// Unpacking two small files; the WIM's solid parts may have to be read through.
const WIMLIB_DEADLINE: Duration = Duration::from_secs(300);

/// What the machine gets in place of the ISO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    pub file: Utf8PathBuf,
    /// Neither the ISO nor its `boot.wim` has an image that starts without a key: it asks for one.
    pub prompts: bool,
}

/// Makes the overlay `boot.qcow2` in the work folder. `secure_boot` are the variables that the
/// firmware will check signatures with, where it does.
pub fn overlay(
    iso: &Utf8Path,
    secure_boot: Option<&Variables>,
    tools: &Tools,
    work: &Utf8Path,
) -> Result<Overlay, Failure> {
    let iso = camino::absolute_utf8(iso).context("no current folder")?;
    let mut volume = optical::open(&iso)?;
    let disc_bytes = fs::metadata(&iso)
        .with_context(|| format!("cannot read `{iso}`"))?
        .len();
    let cannot = || format!("cannot boot `{iso}`");
    let choice = patch::choose(&mut volume).with_context(cannot)?;
    let unpacked = match &choice.file {
        Some(_) => None,
        None => from_boot_wim(&mut volume, choice.generation, tools, work).with_context(cannot)?,
    };
    // The plan could not see this one.
    if let (Some(image), Some(variables)) = (&unpacked, secure_boot) {
        trusted(image, choice.generation, variables)?;
    }
    let prompts = choice.file.is_none() && unpacked.is_none();
    let patch = make(&mut volume, &choice, unpacked, disc_bytes).with_context(cannot)?;
    let file = write(&iso, patch.as_ref(), tools, work)?;
    Ok(Overlay { file, prompts })
}

/// The patch with the image that does not prompt; without any, one that changes little.
fn make<D: BlockDevice>(
    volume: &mut Volume<D>,
    choice: &Choice,
    unpacked: Option<Vec<u8>>,
    disc_bytes: u64,
) -> anyhow::Result<Option<BootPatch>> {
    if let Some(patch) = patch::on_disc(volume, choice)? {
        return Ok(Some(patch));
    }
    let image = match (&choice.file, unpacked) {
        (Some(file), _) => volume.read(file, IMAGE_BYTES_MAX)?,
        (None, Some(image)) => image,
        (None, None) => return patch::prompting(volume, choice),
    };
    patch::with_image(volume, choice, disc_bytes, image).map(Some)
}

/// A loader that the firmware does not trust ends in its "Access Denied", so it is said here.
fn trusted(image: &[u8], generation: Generation, variables: &Variables) -> Result<(), Failure> {
    let name = format!("{} in sources/boot.wim", generation.file());
    match judged(image, variables).problem(&name) {
        Some(problem) => Err(Problems(vec![problem]).into()),
        None => Ok(()),
    }
}

/// Some ISOs have the image only inside `boot.wim`, among the files for making other discs.
/// `None`: it is not there either.
fn from_boot_wim<D: BlockDevice>(
    volume: &mut Volume<D>,
    generation: Generation,
    tools: &Tools,
    work: &Utf8Path,
) -> anyhow::Result<Option<Vec<u8>>> {
    let wanted = generation.file();
    let Some(boot_wim) = volume.find("sources/boot.wim")? else {
        return Ok(None);
    };
    let images = wim::read(volume, &boot_wim)?.images;
    let copy = work.join("boot.wim");
    copy_out(volume, &boot_wim, &copy)?;
    let unpacked = work.join("boot-files");
    let place = format!("Windows/Boot/{}/EFI", generation.folder());
    let mut found = None;
    for image in images {
        fs::create_dir_all(&unpacked).with_context(|| format!("cannot make `{unpacked}`"))?;
        Command::new(&tools.wimlib)
            .args(["extract", "boot.wim"])
            .arg(image.index.to_string())
            .arg(format!("/{place}/*/efisys_noprompt*.bin"))
            .arg("--dest-dir=boot-files")
            .args(["--preserve-dir-structure", "--nullglob", "--no-acls"])
            .dir(work)
            .deadline(WIMLIB_DEADLINE)
            .run()?;
        found = first_named(&unpacked.join(&place), wanted)?;
        fs::remove_dir_all(&unpacked).with_context(|| format!("cannot remove `{unpacked}`"))?;
        if found.is_some() {
            break;
        }
    }
    fs::remove_file(&copy).with_context(|| format!("cannot remove `{copy}`"))?;
    Ok(found)
}

/// Reads the file of this name from the first of the languages' folders that has it.
fn first_named(folder: &Utf8Path, wanted: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let sorted = |folder: &Utf8Path| -> anyhow::Result<Vec<Utf8PathBuf>> {
        let mut paths = Vec::new();
        for entry in folder
            .read_dir_utf8()
            .with_context(|| format!("cannot list `{folder}`"))?
        {
            paths.push(entry?.into_path());
        }
        paths.sort();
        Ok(paths)
    };
    if !folder.is_dir() {
        return Ok(None);
    }
    for language in sorted(folder)?.iter().filter(|path| path.is_dir()) {
        for file in sorted(language)? {
            let named = file
                .file_name()
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            // A WIM may hold symbolic links; only a file of its own is meant.
            if let Ok(facts) = file.symlink_metadata()
                && named
                && facts.is_file()
                && facts.len() <= IMAGE_BYTES_MAX
            {
                let bytes = fs::read(&file).with_context(|| format!("cannot read `{file}`"))?;
                return Ok(Some(bytes));
            }
        }
    }
    Ok(None)
}

fn copy_out<D: BlockDevice>(
    volume: &mut Volume<D>,
    file: &Entry,
    to: &Utf8Path,
) -> anyhow::Result<()> {
    ensure!(
        file.bytes <= BOOT_WIM_BYTES_MAX,
        "`{}` has {} bytes, more than {BOOT_WIM_BYTES_MAX}",
        file.path,
        file.bytes
    );
    let cannot = || format!("cannot write `{to}`");
    let mut out = File::create(to).with_context(cannot)?;
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    while done < file.bytes {
        let len = usize::try_from(file.bytes - done)?.min(buffer.len());
        volume.read_at(file, done, &mut buffer[..len])?;
        out.write_all(&buffer[..len]).with_context(cannot)?;
        done += len as u64;
    }
    Ok(())
}

/// Makes the qcow2 file. The tools run in the work folder and are given names relative to it, so
/// that no path needs quoting inside qemu-io's commands.
fn write(
    iso: &Utf8Path,
    patch: Option<&BootPatch>,
    tools: &Tools,
    work: &Utf8Path,
) -> anyhow::Result<Utf8PathBuf> {
    const NAME: &str = "boot.qcow2";
    let mut create = Command::new(&tools.qemu_img)
        .args(["create", "-q", "-f", "qcow2", "-F", "raw", "-b"])
        .args([iso.as_str(), NAME])
        .dir(work);
    let appended = patch.and_then(|patch| patch.appended.as_ref());
    if let Some(appended) = appended {
        create = create.arg((appended.offset + appended.bytes.len() as u64).to_string());
    }
    create.run()?;
    let mut writes = Vec::new();
    writes.extend(patch.map(|patch| ("boot-sector.bin", patch.offset, &patch.sector)));
    if let Some(appended) = appended {
        writes.push(("boot-image.bin", appended.offset, &appended.bytes));
    }
    for (name, offset, bytes) in writes {
        let file = work.join(name);
        fs::write(&file, bytes).with_context(|| format!("cannot write `{file}`"))?;
        debug_assert_eq!(bytes.len() as u64 % SECTOR, 0, "whole sectors");
        Command::new(&tools.qemu_io)
            .args(["-f", "qcow2", "-c"])
            .arg(format!("write -q -s {name} {offset} {}", bytes.len()))
            .arg(NAME)
            .dir(work)
            .run()?;
        fs::remove_file(&file).with_context(|| format!("cannot remove `{file}`"))?;
    }
    Ok(work.join(NAME))
}
