//! The signed boot programs, the keys that sign them, and the images that the firmware starts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::{
    cache::Cache,
    initramfs,
    tools::{Sources, run},
};

/// Raised when what is made from equal inputs changes.
const RECIPE: &[u8] = b"2";

/// Owner of the enrolled test key: any GUID does.
const OWNER: &str = "c8a3b6a4-5f0e-4c51-9a55-0f6d3f5e7a11";

/// COM1 belongs to the firmware and the events, so the kernel writes nowhere but on the screen,
/// and little of that. The rest saves time that an emulated machine would spend.
const COMMAND_LINE: &str = "console=tty0 quiet loglevel=0 panic=0 mitigations=off nokaslr \
                            random.trust_cpu=on tsc=reliable no_timer_check i8042.noaux \
                            audit=0 cryptomgr.notests";

/// The largest image whose size fits into a boot catalogue: 16 bits of 512 bytes.
const LARGEST_IMAGE: u64 = 65_535 * 512;

/// The boot programs and images, as files.
#[derive(Clone, Debug)]
pub(super) struct Boot {
    /// The signed unified kernel: the medium's `bootx64.efi`, and the installed boot manager.
    pub loader: PathBuf,
    /// A FAT image whose loader waits for a key.
    pub prompt: PathBuf,
    /// A FAT image whose loader starts at once.
    pub no_prompt: PathBuf,
    /// The same two of the `_EX` generation: other bytes, same behaviour.
    pub prompt_ex: PathBuf,
    pub no_prompt_ex: PathBuf,
    /// Firmware variables that trust the key, Secure Boot on.
    pub variables: PathBuf,
}

/// Makes, or finds, everything that boots.
pub(super) fn build(cache: &Cache, init: &Path, sources: &Sources) -> Result<Boot> {
    let keys = cache.part("keys", &[RECIPE], |folder| make_keys(folder, sources))?;
    let kernel = initramfs::find_kernel(sources)?;
    let init = fs::read(init).with_context(|| format!("cannot read `{}`", init.display()))?;
    let certificate = fs::read(keys.join("db.crt")).context("cannot read the test key")?;
    let inputs = [
        RECIPE,
        &init,
        &certificate,
        kernel.version.as_bytes(),
        COMMAND_LINE.as_bytes(),
    ];
    let made = cache.part("boot", &inputs, |folder| {
        make_loader(folder, &keys, &kernel, &init, sources)?;
        for (name, label) in [("efisys", "EFISECTOR"), ("efisys_EX", "EFISECTOR2")] {
            make_images(folder, name, label)?;
        }
        Ok(())
    })?;
    Ok(Boot {
        loader: made.join("loader.efi"),
        prompt: made.join("efisys.bin"),
        no_prompt: made.join("efisys_noprompt.bin"),
        prompt_ex: made.join("efisys_EX.bin"),
        no_prompt_ex: made.join("efisys_EX_noprompt.bin"),
        variables: keys.join("vars.fd"),
    })
}

/// A key for tests, made once for each cache, and variables that trust it.
fn make_keys(folder: &Path, sources: &Sources) -> Result<()> {
    run(
        folder,
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-sha256",
            "-nodes",
            "-days",
            "36500",
            "-subj",
            "/CN=Lucarne stand-in test key/",
            "-keyout",
            "db.key",
            "-out",
            "db.crt",
        ],
    )?;
    run(
        folder,
        "virt-fw-vars",
        &[
            "--input",
            text(&sources.ovmf_vars)?,
            "--output",
            "vars.fd",
            "--set-pk",
            OWNER,
            "db.crt",
            "--add-kek",
            OWNER,
            "db.crt",
            "--add-db",
            OWNER,
            "db.crt",
            "--secure-boot",
        ],
    )?;
    Ok(())
}

fn make_loader(
    folder: &Path,
    keys: &Path,
    kernel: &initramfs::Kernel,
    init: &[u8],
    sources: &Sources,
) -> Result<()> {
    let initramfs = initramfs::build(folder, kernel, init)?;
    let (key, certificate) = (keys.join("db.key"), keys.join("db.crt"));
    let (key, certificate) = (text(&key)?, text(&certificate)?);
    let stub = sources.efi_programs.join("linuxx64.efi.stub");
    let menu = sources.efi_programs.join("systemd-bootx64.efi");
    run(
        folder,
        "ukify",
        &[
            "build",
            &format!("--linux={}", text(&kernel.image)?),
            &format!("--initrd={}", text(&initramfs)?),
            &format!("--cmdline={COMMAND_LINE}"),
            &format!("--uname={}", kernel.version),
            "--os-release=ID=lucarne-standin",
            &format!("--stub={}", text(&stub)?),
            "--signtool=sbsign",
            &format!("--secureboot-private-key={key}"),
            &format!("--secureboot-certificate={certificate}"),
            "--output=loader.efi",
        ],
    )?;
    run(
        folder,
        "sbsign",
        &[
            "--key",
            key,
            "--cert",
            certificate,
            "--output",
            "menu.efi",
            text(&menu)?,
        ],
    )?;
    Ok(())
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path is not UTF-8")
}

/// The prompting image and its twin. The prompt is a boot menu without a time limit: what waits
/// for a key is a program of the firmware's, as on the real medium.
fn make_images(folder: &Path, name: &str, label: &str) -> Result<()> {
    fs::write(
        folder.join("loader.conf"),
        "timeout menu-force\neditor no\n",
    )
    .context("cannot write the menu's settings")?;
    let prompt = format!("{name}.bin");
    make_fat(folder, &prompt, label, "menu.efi")?;
    for path in ["::/EFI/Linux", "::/loader"] {
        run(folder, "mmd", &["-i", &prompt, path])?;
    }
    copy_into(folder, &prompt, "loader.efi", "::/EFI/Linux/setup.efi")?;
    copy_into(folder, &prompt, "loader.conf", "::/loader/loader.conf")?;
    make_fat(folder, &format!("{name}_noprompt.bin"), label, "loader.efi")
}

fn make_fat(folder: &Path, image: &str, label: &str, loader: &str) -> Result<()> {
    // Room for the loader, the menu and the tables.
    let size = fs::metadata(folder.join("loader.efi"))
        .context("cannot read the loader's size")?
        .len()
        .next_multiple_of(1 << 20)
        + (1 << 20);
    anyhow::ensure!(
        size <= LARGEST_IMAGE,
        "a boot image of {size} bytes does not fit a boot catalogue"
    );
    let sectors = (size / 512).to_string();
    run(
        folder,
        "mformat",
        &[
            "-i", image, "-C", "-T", &sectors, "-N", "4c554341", "-v", label, "::",
        ],
    )?;
    for path in ["::/EFI", "::/EFI/BOOT"] {
        run(folder, "mmd", &["-i", image, path])?;
    }
    copy_into(folder, image, loader, "::/EFI/BOOT/BOOTX64.EFI")
}

fn copy_into(folder: &Path, image: &str, file: &str, to: &str) -> Result<()> {
    run(folder, "mcopy", &["-i", image, file, to]).map(drop)
}
