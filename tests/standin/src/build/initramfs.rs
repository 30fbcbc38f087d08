//! The initramfs: the init program, kernel modules and the few tools that it starts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{
    cpio::Archive,
    tools::{Sources, find, run},
};

/// What the init may load, and what the installed system has built in.
const MODULES: &[&str] = &[
    "ahci",
    "sd_mod",
    "sr_mod",
    "isofs",
    "udf",
    "nls_ascii",
    "nls_cp437",
    "nls_utf8",
    "vfat",
    "ntfs3",
    "efivarfs",
    "virtio_scsi",
    "virtio_blk",
    "virtio-rng",
    "virtio_console",
    "pvpanic-mmio",
    "button",
    "evdev",
];

/// What the init starts: file systems and applying an image are not its own work.
const PROGRAMS: &[&str] = &[
    "wimlib-imagex",
    "mkntfs",
    "ntfsfix",
    "ntfsresize",
    "mkfs.vfat",
    "blockdev",
];

/// The kernel that the tool root holds: its image and its modules' folder.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    pub image: PathBuf,
    pub modules: PathBuf,
    pub version: String,
}

/// Finds the kernel: by default Debian's cloud kernel, which has drivers for virtual machines only.
pub(super) fn find_kernel(sources: &Sources) -> Result<Kernel> {
    if let (Some(image), Some(modules)) = (&sources.kernel, &sources.modules) {
        let version = modules.file_name().and_then(|name| name.to_str());
        return Ok(Kernel {
            version: version
                .context("the modules' folder is named by no version")?
                .into(),
            image: image.clone(),
            modules: modules.clone(),
        });
    }
    let mut found = None;
    for entry in fs::read_dir("/boot").context("cannot read `/boot`")? {
        let name = entry.context("cannot read `/boot`")?.file_name();
        let name = name.to_string_lossy().into_owned();
        if let Some(version) = name.strip_prefix("vmlinuz-")
            && version.ends_with("-cloud-amd64")
        {
            found = found.max(Some(version.to_owned()));
        }
    }
    let version = found.context("no cloud kernel in `/boot`: the tool root lacks it")?;
    Ok(Kernel {
        image: format!("/boot/vmlinuz-{version}").into(),
        modules: format!("/usr/lib/modules/{version}").into(),
        version,
    })
}

/// The archive's bytes, compressed.
pub(super) fn build(folder: &Path, kernel: &Kernel, init: &[u8]) -> Result<PathBuf> {
    let mut archive = Archive::default();
    for path in ["proc", "sys", "dev", "run", "tmp", "mnt"] {
        archive.folder(path);
    }
    archive.file("init", 0o755, init.to_vec());
    add_modules(folder, kernel, &mut archive)?;
    add_programs(folder, &mut archive)?;
    let plain = folder.join("initramfs.cpio");
    fs::write(&plain, archive.bytes()).context("cannot write the initramfs")?;
    run(folder, "zstd", &["-q", "-19", "--rm", "initramfs.cpio"])?;
    Ok(folder.join("initramfs.cpio.zst"))
}

/// Adds the modules and all they need, and `modules/order`: each line a module after its needs.
/// What is built into the kernel is in that list without a file.
fn add_modules(folder: &Path, kernel: &Kernel, archive: &mut Archive) -> Result<()> {
    let mut files = built_in(&kernel.modules)?;
    index_modules(&kernel.modules.join("kernel"), &mut files)?;
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for name in MODULES {
        add_module(
            folder,
            &files,
            &name.replace('-', "_"),
            archive,
            &mut seen,
            &mut order,
        )?;
    }
    archive.file(
        "modules/order",
        0o644,
        (order.join("\n") + "\n").into_bytes(),
    );
    Ok(())
}

fn add_module(
    folder: &Path,
    files: &BTreeMap<String, Option<PathBuf>>,
    name: &str,
    archive: &mut Archive,
    seen: &mut BTreeSet<String>,
    order: &mut Vec<String>,
) -> Result<()> {
    if !seen.insert(name.into()) {
        return Ok(());
    }
    let Some(path) = files.get(name) else {
        bail!("the kernel has no module `{name}`");
    };
    let Some(path) = path else {
        order.push(name.to_owned());
        return Ok(());
    };
    let path = path.to_str().context("a module's path is not UTF-8")?;
    let bytes = run(folder, "xz", &["--decompress", "--stdout", path])?;
    let needs = needs_of(&bytes);
    for need in &needs {
        add_module(folder, files, need, archive, seen, order)?;
    }
    order.push(format!("{name} {}", needs.join(" ")).trim_end().to_owned());
    archive.file(&format!("modules/{name}.ko"), 0o644, bytes);
    Ok(())
}

/// The modules that are in the kernel itself, which lists them by the files that they would be.
fn built_in(modules: &Path) -> Result<BTreeMap<String, Option<PathBuf>>> {
    let list = modules.join("modules.builtin");
    let text =
        fs::read_to_string(&list).with_context(|| format!("cannot read `{}`", list.display()))?;
    let name = |line: &str| {
        Some(
            line.rsplit('/')
                .next()?
                .strip_suffix(".ko")?
                .replace('-', "_"),
        )
    };
    Ok(text
        .lines()
        .filter_map(name)
        .map(|name| (name, None))
        .collect())
}

fn index_modules(folder: &Path, files: &mut BTreeMap<String, Option<PathBuf>>) -> Result<()> {
    let list = fs::read_dir(folder);
    for entry in list.with_context(|| format!("cannot read `{}`", folder.display()))? {
        let path = entry.context("cannot read a folder of modules")?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            index_modules(&path, files)?;
        } else if let Some(name) = name.strip_suffix(".ko.xz") {
            files.insert(name.replace('-', "_"), Some(path.clone()));
        }
    }
    Ok(())
}

/// The modules that one names in its own `depends=` note, so that no depmod has to have run.
fn needs_of(module: &[u8]) -> Vec<String> {
    let mark = b"\0depends=";
    let Some(at) = module.windows(mark.len()).position(|window| window == mark) else {
        return Vec::new();
    };
    let rest = &module[at + mark.len()..];
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(0);
    String::from_utf8_lossy(&rest[..end])
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.replace('-', "_"))
        .collect()
}

/// Adds the programs with the libraries that the loader would find for them.
fn add_programs(folder: &Path, archive: &mut Archive) -> Result<()> {
    let mut paths = BTreeSet::new();
    for program in PROGRAMS {
        let file = find(program)?;
        let bytes = fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        archive.file(&format!("bin/{program}"), 0o755, bytes);
        let file = file.to_str().context("a program's path is not UTF-8")?;
        let list = run(folder, "ldd", &[file])?;
        for word in String::from_utf8_lossy(&list).split_whitespace() {
            if word.starts_with('/') {
                paths.insert(word.to_owned());
            }
        }
    }
    for path in paths {
        let bytes = fs::read(&path).with_context(|| format!("cannot read `{path}`"))?;
        archive.file(path.trim_start_matches('/'), 0o755, bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_names_its_needs() {
        let module = b"\x7fELF\0license=GPL\0depends=fat,crc-itu-t\0name=vfat\0";
        assert_eq!(needs_of(module), ["fat", "crc_itu_t"]);
        assert!(needs_of(b"\x7fELF\0depends=\0").is_empty());
        assert!(needs_of(b"").is_empty());
    }
}
