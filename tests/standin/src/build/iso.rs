//! The ISO itself: a UDF bridge whose ISO 9660 half holds a README and nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};

use super::{
    boot::Boot,
    tools::{EPOCH_SECONDS, run},
};
use crate::{
    config::{Config, Fault},
    eltorito,
    release::{Release, Variant},
    udf,
};

const README: &str = "This disc contains a \"UDF\" file system and requires an operating system\r\n\
                      that supports the ISO-13346 \"UDF\" file system specification.\r\n";

/// How large the ISO 9660 volume claims to be, in sectors. Real ones claim little more than
/// their README; the boot images lie behind it.
const STUB_SECTORS: u32 = 282;

/// Files that only the boot catalogue knows: copies apart from those that the file system names.
const BOOT_COPIES: [&str; 2] = ["boot-bios.img", "boot-efi.img"];

const CATALOGUE: &str = "boot.catalog";

/// Everything that goes onto the medium.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    pub release: &'a Release,
    pub config: &'a Config,
    pub boot: &'a Boot,
    pub install_wim: &'a Path,
    pub boot_wim: &'a Path,
}

/// Writes the ISO at `out`, by way of a folder beside it that is gone afterwards.
pub(super) fn write(out: &Path, contents: &Contents<'_>) -> Result<()> {
    let work = beside(out, "tree");
    if work.exists() {
        fs::remove_dir_all(&work).with_context(|| format!("cannot remove `{}`", work.display()))?;
    }
    let result = write_through(out, &work, contents);
    fs::remove_dir_all(&work).with_context(|| format!("cannot remove `{}`", work.display()))?;
    result
}

/// A name beside the output that no other build of the same output uses at the same time.
fn beside(out: &Path, what: &str) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!(".{name}.{what}-{}", std::process::id()))
}

fn write_through(out: &Path, work: &Path, contents: &Contents<'_>) -> Result<()> {
    let tree = work.join("tree");
    plant(&tree, contents)?;
    fix_times(&tree)?;
    let mut arguments: Vec<String> = ["-quiet", "-input-charset", "utf-8", "-udf", "-o", "iso"]
        .map(str::to_owned)
        .into();
    arguments.extend(["-V", contents.release.label].map(str::to_owned));
    arguments.extend(["-allow-limited-size", "-iso-level", "3"].map(str::to_owned));
    let mut hide = |option: &str, name: &str| {
        arguments.extend([option.to_owned(), name.to_owned()]);
    };
    for name in names_in(&tree)?.iter().filter(|name| *name != "README.TXT") {
        hide("-hide", name);
    }
    hide("-hide", CATALOGUE);
    // genisoimage makes the UDF tree out of the Joliet one.
    for name in [CATALOGUE].iter().chain(&BOOT_COPIES) {
        hide("-hide-joliet", name);
    }
    let [bios, efi] = BOOT_COPIES;
    arguments.extend(["-c", CATALOGUE, "-b", bios, "-no-emul-boot"].map(str::to_owned));
    arguments.extend(["-boot-load-size", "8", "-eltorito-alt-boot"].map(str::to_owned));
    arguments.extend(["-b", efi, "-no-emul-boot", "-boot-load-size", "1"].map(str::to_owned));
    arguments.push("tree".to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(work, "genisoimage", &arguments)?;
    let made = work.join("iso");
    let mut iso = fs::read(&made).context("cannot read the new ISO back")?;
    eltorito::patch(&mut iso, STUB_SECTORS)?;
    udf::fix_times(&mut iso);
    fs::write(&made, iso).context("cannot write the ISO")?;
    fs::rename(&made, out).with_context(|| format!("cannot rename into `{}`", out.display()))
}

/// The tree as genisoimage reads it: links to the cached parts, so that nothing big is copied.
fn plant(tree: &Path, contents: &Contents<'_>) -> Result<()> {
    let Contents { config, boot, .. } = contents;
    let (prompt, no_prompt) = match config.variant {
        Variant::Ex => (&boot.prompt_ex, &boot.no_prompt_ex),
        _ => (&boot.prompt, &boot.no_prompt),
    };
    write_text(tree, "README.TXT", README)?;
    write_text(
        tree,
        "autorun.inf",
        "[AutoRun.Amd64]\r\nopen=setup.exe\r\nicon=setup.exe,0\r\n",
    )?;
    write_text(tree, "setup.exe", "MZ stand-in for setup.exe")?;
    write_text(tree, "bootmgr.efi", "MZ stand-in for bootmgr.efi")?;
    write_text(tree, "boot/bcd", "regf stand-in")?;
    write_text(tree, "boot/etfsboot.com", &"\u{7f}".repeat(4096))?;
    write_text(tree, "boot-bios.img", &"\u{7f}".repeat(4096))?;
    write_text(tree, "sources/lang.ini", &languages(&config.languages))?;
    write_text(
        tree,
        "sources/setup.exe",
        "MZ stand-in for sources\\setup.exe",
    )?;
    let order = serde_json::to_string_pretty(config).context("the order is plain data")?;
    write_text(tree, "standin/config.json", &order)?;
    let transcript = crate::transcript::text(config.fault.transcript());
    write_text(tree, "standin/transcript.txt", transcript)?;
    if config.fault == Fault::TwoAnswerFiles {
        write_text(tree, "Autounattend.xml", "<unattend/>")?;
    }
    link(tree, "sources/install.wim", contents.install_wim)?;
    link(tree, "sources/boot.wim", contents.boot_wim)?;
    link(tree, "efi/boot/bootx64.efi", &boot.loader)?;
    copy(tree, "boot-efi.img", prompt)?;
    link(tree, "efi/microsoft/boot/efisys.bin", &boot.prompt)?;
    if !matches!(config.variant, Variant::Bootwim | Variant::NoPromptMissing) {
        link(
            tree,
            "efi/microsoft/boot/efisys_noprompt.bin",
            &boot.no_prompt,
        )?;
    }
    if config.variant == Variant::Ex {
        link(tree, "efi/microsoft/boot/efisys_EX.bin", prompt)?;
        link(tree, "efi/microsoft/boot/efisys_noprompt_EX.bin", no_prompt)?;
    }
    Ok(())
}

fn languages(languages: &[String]) -> String {
    let mut text = String::from("[Available UI Languages]\r\n");
    text.extend(
        languages
            .iter()
            .map(|language| format!("{language} = 3\r\n")),
    );
    text += "\r\n[Fallback Languages]\r\n";
    text.extend(
        languages
            .iter()
            .map(|language| format!("{language} = en-us\r\n")),
    );
    text
}

fn write_text(tree: &Path, path: &str, text: &str) -> Result<()> {
    let at = tree.join(path);
    let folder = at.parent().context("a planted file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    fs::write(&at, text).with_context(|| format!("cannot write `{}`", at.display()))
}

fn link(tree: &Path, path: &str, to: &Path) -> Result<()> {
    write_text(tree, path, "")?;
    let at = tree.join(path);
    fs::remove_file(&at).with_context(|| format!("cannot replace `{}`", at.display()))?;
    // The cache may lie on another file system, where there is no hard link to it.
    if fs::hard_link(to, &at).is_err() {
        fs::copy(to, &at).with_context(|| format!("cannot copy `{}`", to.display()))?;
    }
    Ok(())
}

/// A copy of its own: genisoimage stores files with one inode once.
fn copy(tree: &Path, path: &str, from: &Path) -> Result<()> {
    let at = tree.join(path);
    fs::copy(from, &at).with_context(|| format!("cannot copy `{}`", from.display()))?;
    Ok(())
}

fn names_in(tree: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(tree).context("cannot read the planted tree")? {
        let name = entry.context("cannot read the planted tree")?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Gives every file and folder below one the same fixed time.
pub(super) fn fix_times(path: &Path) -> Result<()> {
    if path.is_dir() {
        for name in names_in(path)? {
            fix_times(&path.join(name))?;
        }
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_SECONDS);
    let file = fs::File::open(path);
    file.and_then(|file| file.set_modified(time))
        .with_context(|| format!("cannot set the time of `{}`", path.display()))
}
