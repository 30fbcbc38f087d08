//! The overlay that the machine gets in place of the ISO: a qcow2 file backed by it, with one
//! changed sector and, where the disc lacks it, the boot image behind its end.

use std::fs::{self, File};
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use hadris_storage::sync::BlockDevice;

use super::IMAGE_BYTES_MAX;
use super::patch::{self, BootPatch, CA_2011, CA_2023, Generation};
use crate::exec::Command;
use crate::optical::{self, Entry, SECTOR, Volume};
use crate::tools::Tools;
use crate::windows_iso::wim;

/// `boot.wim` of a Windows 11 has about 600 MB.
const BOOT_WIM_BYTES_MAX: u64 = 4 << 30;
/// Firmware variables have 528 KiB.
const VARS_BYTES_MAX: u64 = 16 << 20;
/// Unpacking two small files; the WIM's solid parts may have to be read through.
const WIMLIB_DEADLINE: Duration = Duration::from_secs(300);

/// Makes the overlay `boot.qcow2` in the work folder. `secure_boot` names the variables that the
/// firmware will check signatures with, where it does.
pub fn overlay(
    iso: &Utf8Path,
    secure_boot: Option<&Utf8Path>,
    tools: &Tools,
    work: &Utf8Path,
) -> anyhow::Result<Utf8PathBuf> {
    let iso = camino::absolute_utf8(iso).context("no current folder")?;
    let mut volume = optical::open(&iso)?;
    let disc_bytes = fs::metadata(&iso)
        .with_context(|| format!("cannot read `{iso}`"))?
        .len();
    let patch = make(&mut volume, disc_bytes, secure_boot, tools, work)
        .with_context(|| format!("cannot boot `{iso}` without a key press"))?;
    write(&iso, &patch, tools, work)
}

fn make<D: BlockDevice>(
    volume: &mut Volume<D>,
    disc_bytes: u64,
    secure_boot: Option<&Utf8Path>,
    tools: &Tools,
    work: &Utf8Path,
) -> anyhow::Result<BootPatch> {
    let choice = patch::choose(volume)?;
    let image = match &choice.file {
        Some(file) => volume.read(file, IMAGE_BYTES_MAX)?,
        None => from_boot_wim(volume, choice.generation, tools, work)?,
    };
    if let Some(vars) = secure_boot {
        check_signer(&image, vars)?;
    }
    match patch::on_disc(volume, &choice)? {
        Some(patch) => Ok(patch),
        None => patch::with_image(volume, &choice, disc_bytes, image),
    }
}

/// A loader signed by a certificate that the firmware does not know ends in its "Security
/// Violation" and then in a boot from nowhere, so it is said here. Names of certificates stand in
/// signatures and in the variables as plain text.
fn check_signer(image: &[u8], vars: &Utf8Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot read `{vars}`");
    let bytes = fs::metadata(vars).with_context(cannot)?.len();
    ensure!(
        bytes <= VARS_BYTES_MAX,
        "`{vars}` has {bytes} bytes, too many for firmware variables"
    );
    let known = fs::read(vars).with_context(cannot)?;
    let signers = [CA_2011, CA_2023]
        .into_iter()
        .filter(|ca| patch::contains(image, ca));
    let mut unknown = Vec::new();
    for signer in signers {
        if patch::contains(&known, signer) {
            return Ok(());
        }
        unknown.push(String::from_utf8_lossy(signer));
    }
    ensure!(
        unknown.is_empty(),
        "its boot image is signed under `{}`, which the firmware's variables `{vars}` do not hold",
        unknown.join("`, `")
    );
    Ok(())
}

/// Some ISOs have the image only inside `boot.wim`, among the files for making other discs.
fn from_boot_wim<D: BlockDevice>(
    volume: &mut Volume<D>,
    generation: Generation,
    tools: &Tools,
    work: &Utf8Path,
) -> anyhow::Result<Vec<u8>> {
    let wanted = generation.file();
    let boot_wim = volume.find("sources/boot.wim")?.with_context(|| {
        format!("it has neither `efi/microsoft/boot/{wanted}` nor `sources/boot.wim`")
    })?;
    let images = wim::images(volume, &boot_wim)?;
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
    found.with_context(|| format!("neither the ISO nor its `{}` has `{wanted}`", boot_wim.path))
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
    patch: &BootPatch,
    tools: &Tools,
    work: &Utf8Path,
) -> anyhow::Result<Utf8PathBuf> {
    const NAME: &str = "boot.qcow2";
    let mut create = Command::new(&tools.qemu_img)
        .args(["create", "-q", "-f", "qcow2", "-F", "raw", "-b"])
        .args([iso.as_str(), NAME])
        .dir(work);
    if let Some(appended) = &patch.appended {
        create = create.arg((appended.offset + appended.bytes.len() as u64).to_string());
    }
    create.run()?;
    let mut writes = vec![("boot-sector.bin", patch.offset, &patch.sector)];
    if let Some(appended) = &patch.appended {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_firmware_must_know_a_signer() {
        let folder = tempfile::tempdir().expect("a folder");
        let vars = Utf8PathBuf::try_from(folder.path().join("vars.fd")).expect("UTF-8");
        let write = |bytes: &[u8]| fs::write(&vars, bytes).expect("written");
        let signed = |ca: &[u8]| [b"MZ".as_slice(), ca, b"..."].concat();
        write(&signed(CA_2011));
        check_signer(&signed(CA_2011), &vars).expect("known");
        check_signer(&[signed(CA_2023), signed(CA_2011)].concat(), &vars).expect("one known");
        check_signer(b"signed by others", &vars).expect("not for us to judge");
        let error = check_signer(&signed(CA_2023), &vars).expect_err("unknown");
        assert!(
            error
                .to_string()
                .contains("signed under `Windows UEFI CA 2023`"),
            "{error}"
        );
        write(b"empty");
        assert!(check_signer(&signed(CA_2011), &vars).is_err());
    }
}
