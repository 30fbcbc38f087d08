//! `install.wim` and `boot.wim`: real metadata around a tiny tree.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::{boot::Boot, cache::Cache, tools::run};
use crate::release::{Edition, Release, Variant};

/// Raised when what is made from equal inputs changes.
const RECIPE: &[u8] = b"1";

/// Folders and files that a Windows volume has and that something may look for.
const TREE: &[&str] = &[
    "Program Files/Common Files/",
    "ProgramData/Microsoft/",
    "Users/Default/NTUSER.DAT",
    "Users/Public/Desktop/",
    "Windows/Boot/EFI/bootmgfw.efi",
    "Windows/INF/setupapi.dev.log",
    "Windows/Panther/",
    "Windows/Setup/State/State.ini",
    "Windows/System32/DriverStore/FileRepository/",
    "Windows/System32/Tasks/",
    "Windows/System32/cmd.exe",
    "Windows/System32/config/DEFAULT",
    "Windows/System32/config/SAM",
    "Windows/System32/config/SECURITY",
    "Windows/System32/config/SOFTWARE",
    "Windows/System32/config/SYSTEM",
    "Windows/System32/drivers/disk.sys",
    "Windows/System32/hal.dll",
    "Windows/System32/ntoskrnl.exe",
    "Windows/System32/winload.efi",
    "Windows/explorer.exe",
];

/// Makes, or finds, `install.wim` of a release.
pub(super) fn install(cache: &Cache, release: &Release) -> Result<PathBuf> {
    let inputs = format!("{release:?} {TREE:?}");
    let part = cache.part("install-wim", &[RECIPE, inputs.as_bytes()], |folder| {
        let wim = folder.join("install.wim");
        for (index, edition) in (1..).zip(release.editions) {
            let tree = folder.join("tree");
            plant(&tree, release, edition)?;
            capture(
                folder,
                &wim,
                index,
                edition.name,
                edition.display_name,
                "LZX",
            )?;
            describe(folder, &wim, index, release, edition)?;
            fs::remove_dir_all(&tree).context("cannot remove the planted tree")?;
        }
        fix_identity(&wim)
    })?;
    Ok(part.join("install.wim"))
}

/// Makes, or finds, `boot.wim`: Windows PE and Setup, with the no-prompt images where asked.
pub(super) fn boot(
    cache: &Cache,
    release: &Release,
    variant: Variant,
    boot: &Boot,
) -> Result<PathBuf> {
    let with_images = variant == Variant::Bootwim;
    let image = boot.no_prompt.to_string_lossy();
    let inputs = format!("{} {with_images} {image}", release.build);
    let part = cache.part("boot-wim", &[RECIPE, inputs.as_bytes()], |folder| {
        let wim = folder.join("boot.wim");
        let images = [
            ("Microsoft Windows PE (amd64)", false),
            ("Microsoft Windows Setup (amd64)", with_images),
        ];
        for (index, (name, with_images)) in (1..).zip(images) {
            let tree = folder.join("tree");
            for path in [
                "Windows/System32/winpe.jpg",
                "sources/setup.exe",
                "setup.exe",
            ] {
                write(&tree, path, filler(path, 2048))?;
            }
            if with_images {
                let base = "Windows/Boot/DVD";
                let plain = format!("{base}/EFI/en-US/efisys_noprompt.bin");
                let ex = format!("{base}_EX/EFI/en-US/efisys_noprompt_EX.bin");
                write(&tree, &plain, read(&boot.no_prompt)?)?;
                write(&tree, &ex, read(&boot.no_prompt_ex)?)?;
            }
            // Uncompressed: the boot images hardly shrink, and this is made often.
            capture(folder, &wim, index, name, name, "none")?;
            let pe = Edition {
                name,
                display_name: name,
                edition_id: "WindowsPE",
                installation_type: "WindowsPE",
            };
            describe(folder, &wim, index, release, &pe)?;
            fs::remove_dir_all(&tree).context("cannot remove the planted tree")?;
        }
        fix_identity(&wim)
    })?;
    Ok(part.join("boot.wim"))
}

/// Plants an edition's tree: every edition differs, so that the wrong one would be noticed.
fn plant(tree: &Path, release: &Release, edition: &Edition) -> Result<()> {
    for path in TREE {
        if path.ends_with('/') {
            let at = tree.join(path);
            fs::create_dir_all(&at).with_context(|| format!("cannot make `{}`", at.display()))?;
        } else {
            let seed = format!("{path} {} {}", release.id, edition.edition_id);
            write(tree, path, filler(&seed, 24 << 10))?;
        }
    }
    let state = b"[State]\r\nImageState=IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE\r\n";
    write(tree, "Windows/Setup/State/State.ini", state.to_vec())?;
    let facts = serde_json::json!({
        "release": release.id, "build": release.build, "name": edition.name,
        "editionId": edition.edition_id, "installationType": edition.installation_type,
    });
    write(
        tree,
        "Windows/System32/standin-edition.json",
        facts.to_string().into_bytes(),
    )
}

/// Bytes that no compressor removes, always the same for a seed.
fn filler(seed: &str, length: usize) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let mut out = b"MZ stand-in\n".to_vec();
    for block in 0u32.. {
        if out.len() >= length {
            break;
        }
        let hash = Sha256::new()
            .chain_update(seed)
            .chain_update(block.to_le_bytes());
        out.extend_from_slice(&hash.finalize());
    }
    out
}

fn write(tree: &Path, path: &str, bytes: Vec<u8>) -> Result<()> {
    let at = tree.join(path);
    let folder = at.parent().context("a planted file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    fs::write(&at, bytes).with_context(|| format!("cannot write `{}`", at.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn capture(
    folder: &Path,
    wim: &Path,
    index: u32,
    name: &str,
    description: &str,
    compression: &str,
) -> Result<()> {
    let wim = wim.to_str().context("a path is not UTF-8")?;
    super::iso::fix_times(&folder.join("tree"))?;
    let compress = format!("--compress={compression}");
    let mut arguments = match index {
        1 => vec!["capture", "tree", wim, name, description, &compress],
        _ => vec!["append", "tree", wim, name, description],
    };
    arguments.extend(["--no-acls", "--threads=1"]);
    run(folder, "wimlib-imagex", &arguments).map(drop)
}

/// Adds the metadata that Setup, and whoever plans an install, reads.
fn describe(
    folder: &Path,
    wim: &Path,
    index: u32,
    release: &Release,
    edition: &Edition,
) -> Result<()> {
    let product = if release.client { "WinNT" } else { "ServerNT" };
    let properties = [
        ("DISPLAYNAME", edition.display_name.to_owned()),
        ("DISPLAYDESCRIPTION", edition.display_name.to_owned()),
        ("FLAGS", edition.edition_id.to_owned()),
        ("WINDOWS/ARCH", "9".to_owned()),
        (
            "WINDOWS/PRODUCTNAME",
            "Microsoft® Windows® Operating System".to_owned(),
        ),
        ("WINDOWS/EDITIONID", edition.edition_id.to_owned()),
        (
            "WINDOWS/INSTALLATIONTYPE",
            edition.installation_type.to_owned(),
        ),
        ("WINDOWS/PRODUCTTYPE", product.to_owned()),
        ("WINDOWS/PRODUCTSUITE", "Terminal Server".to_owned()),
        ("WINDOWS/LANGUAGES/LANGUAGE", "en-US".to_owned()),
        ("WINDOWS/LANGUAGES/DEFAULT", "en-US".to_owned()),
        ("WINDOWS/VERSION/MAJOR", "10".to_owned()),
        ("WINDOWS/VERSION/MINOR", "0".to_owned()),
        ("WINDOWS/VERSION/BUILD", release.build.to_string()),
        (
            "WINDOWS/VERSION/SPBUILD",
            release.service_pack_build.to_string(),
        ),
        ("WINDOWS/VERSION/SPLEVEL", "0".to_owned()),
        ("WINDOWS/SYSTEMROOT", "WINDOWS".to_owned()),
        ("CREATIONTIME/HIGHPART", "0x01DB5BDE".to_owned()),
        ("CREATIONTIME/LOWPART", "0x3C5A8000".to_owned()),
        ("LASTMODIFICATIONTIME/HIGHPART", "0x01DB5BDE".to_owned()),
        ("LASTMODIFICATIONTIME/LOWPART", "0x3C5A8000".to_owned()),
    ];
    let wim = wim.to_str().context("a path is not UTF-8")?;
    let index = index.to_string();
    let mut arguments = vec!["info".to_owned(), wim.to_owned(), index];
    for (name, value) in properties {
        arguments.extend(["--image-property".to_owned(), format!("{name}={value}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(folder, "wimlib-imagex", &arguments).map(drop)
}

/// A WIM has a random identity of 16 bytes in its header; here it says nothing, always the same.
fn fix_identity(wim: &Path) -> Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let mut file = fs::OpenOptions::new().write(true).open(wim);
    let file = file
        .as_mut()
        .map_err(|error| anyhow::anyhow!("cannot open the WIM: {error}"))?;
    file.seek(SeekFrom::Start(24))
        .context("cannot seek in the WIM")?;
    file.write_all(b"lucarne standin\0")
        .context("cannot write the WIM's identity")
}
