//! The boot program inside a CD's boot image.

use anyhow::{Context as _, anyhow, ensure};
use hadris_fat::sync::FatFs;
use hadris_fs::{ErrorKind, MountOptions, Resolve};
use hadris_storage::{BlockSize, MemDevice};

/// Where firmware looks for it in a FAT volume; chapter 3.5.1.1 of the UEFI specification.
const PATH: &[u8] = b"/EFI/BOOT/BOOTX64.EFI";

/// Reads the boot program out of a boot image, which is a FAT volume.
pub fn loader(image: &[u8]) -> anyhow::Result<Vec<u8>> {
    let device = MemDevice::new(image, BlockSize::new(512).context("512 is a block size")?);
    let mut volume = FatFs::mount(device, MountOptions::new().read_only())
        .map_err(|failed| anyhow!(failed.into_error()).context("it is no FAT volume"))?;
    let missing = "it has no `EFI/BOOT/BOOTX64.EFI`";
    let node = match volume.resolve(PATH, Resolve::Lexical) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(anyhow!(missing)),
        found => found.context("its FAT volume is damaged")?,
    };
    let len = volume.stat(node).context(missing)?.len();
    ensure!(
        len <= image.len() as u64,
        "its `EFI/BOOT/BOOTX64.EFI` should have {len} bytes, more than the image"
    );
    let mut program = vec![0; usize::try_from(len)?];
    let mut done = 0;
    while done < program.len() {
        let read = volume
            .read(node, done as u64, &mut program[done..])
            .context("its FAT volume is damaged")?;
        ensure!(read > 0, "its `EFI/BOOT/BOOTX64.EFI` is cut off");
        done += read;
    }
    Ok(program)
}
