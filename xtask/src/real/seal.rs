//! Disks of real tools are sealed, or refused for what is wrong with them.

pub(crate) mod image;
mod layer;

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use self::image::{Disk, LIMIT, MIB, gpt, mbr, noise, ntfs, tree};
use super::raw::raw_of;
use crate::parts;
use crate::test::{Check, Context, Counts, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "seal/gpt",
        shows: "a GPT disk is sealed: files kept, page file and deleted files dropped",
        run: sealed,
    },
    Check {
        name: "seal/mbr",
        shows: "a disk for BIOS is sealed",
        run: bios,
    },
    Check {
        name: "seal/layer",
        shows: "what is kept of a layer depends on its contents alone, not on how it was written",
        run: layer::layer,
    },
    Check {
        name: "seal/refused",
        shows: "what is wrong with a disk is named",
        run: refused,
    },
];

const WINDOWS_BYTES: u64 = 64 * MIB;

/// What seals, and with what.
struct Sealer<'a> {
    context: &'a Context,
    program: Utf8PathBuf,
    spec: Utf8PathBuf,
    tools: Utf8PathBuf,
}

impl<'a> Sealer<'a> {
    fn new(context: &'a Context, firmware: &str) -> Result<Self> {
        let (spec, tools) = (context.folder.join("spec"), context.folder.join("tools"));
        let locale = r#""locale":{"ui":"en-US"}"#;
        let head = r#"{"schema":"lucarne.spec/1","name":"check","edition":"Any","#;
        // The sealing reads neither ISO; the plan wants to know of them.
        let isos = r#""windowsIso":"/none.iso","virtioWinIso":"/none.iso""#;
        fs::write(&spec, format!("{head}{locale},{isos}{firmware}}}"))?;
        let ovmf = "/usr/share/OVMF/OVMF_";
        fs::write(
            &tools,
            format!(
                r#"{{"qemu":"/usr/bin/qemu-system-x86_64","qemuImg":"/usr/bin/qemu-img",
                "qemuIo":"/usr/bin/qemu-io","qemuNbd":"/usr/bin/qemu-nbd","swtpm":"/usr/bin/swtpm",
                "wimlib":"/usr/bin/wimlib-imagex","code":"{ovmf}CODE_4M.secboot.fd",
                "vars":"{ovmf}VARS_4M.fd","varsMs":"{ovmf}VARS_4M.ms.fd"}}"#
            ),
        )?;
        Ok(Self {
            context,
            program: parts::example("seal")?,
            spec,
            tools,
        })
    }

    fn password(&self) -> Result<String> {
        let command = [self.program.as_str(), self.spec.as_str()];
        Ok(self.context.read(LIMIT, &command)?.trim_end().to_owned())
    }

    /// Seals a disk into a new folder: the exit code and what was said.
    fn seal(&self, disk: &Disk, name: &str) -> Result<(Utf8PathBuf, u8, String)> {
        let out = self.context.folder.join(name);
        fs::create_dir(&out)?;
        let files = [&self.program, &self.spec, &self.tools, &disk.path, &out];
        let ran = self
            .context
            .inside(LIMIT, &files.map(|path| path.as_str()))?;
        Ok((out, ran.code, ran.stderr))
    }
}

/// The words as Windows writes them.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn sealed(context: &Context) -> Result<Outcome> {
    let sealer = Sealer::new(context, "")?;
    let password = sealer.password()?;
    let volume = ntfs(context, &tree(context, &[])?, WINDOWS_BYTES)?;
    // What the page file holds may be anything, a password too.
    let page = context.folder.join("page");
    fs::write(&page, [noise(4_000_000), utf16(&password)].concat())?;
    let copy = [
        "ntfscp",
        "-q",
        volume.as_str(),
        page.as_str(),
        "pagefile.sys",
    ];
    context.read(LIMIT, &copy)?;
    let disk = gpt(context, &volume)?;
    // A deleted file: the last free cluster, as the volume's tools say.
    disk.write(
        disk.windows + WINDOWS_BYTES - 64 * 4096,
        password.as_bytes(),
    )?;
    let again = disk.copy("again.raw")?;

    let (out, code, said) = sealer.seal(&disk, "out")?;
    ensure!(code == 0, "it was not sealed: {said}");
    let qcow2 = out.join("disk.qcow2");
    context.read(LIMIT, &["qemu-img", "check", qcow2.as_str()])?;
    let info = context.read(LIMIT, &["qemu-img", "info", qcow2.as_str()])?;
    ensure!(info.contains("compression type: zstd"), "not zstd: {info}");
    ensure!(
        fs::metadata(&qcow2)?.len() < 8 * MIB,
        "the page file was kept"
    );
    files(&out)?;
    back(context, &qcow2, disk.windows, &password)?;

    // The same bytes with other holes: everything is written out.
    let whole = fs::read(&again.path)?;
    fs::write(&again.path, whole)?;
    let (second, code, said) = sealer.seal(&again, "second")?;
    ensure!(code == 0, "it was not sealed again: {said}");
    for file in ["disk.qcow2", "manifest.json"] {
        let same = fs::read(out.join(file))? == fs::read(second.join(file))?;
        ensure!(same, "equal disks gave another `{file}`");
    }
    Ok(Outcome::Passed)
}

/// The image's files are the four, read-only, and the manifest names nothing of the store.
fn files(out: &Utf8Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(out)? {
        let entry = entry?;
        ensure!(entry.metadata()?.permissions().readonly(), "it is writable");
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    ensure!(
        names == ["code.fd", "disk.qcow2", "manifest.json", "vars.fd"],
        "the files are {names:?}"
    );
    let manifest = fs::read_to_string(out.join("manifest.json"))?;
    ensure!(!manifest.contains("/nix/store/"), "a store path is in it");
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    // Five of the tree and the page file; six folders.
    let contents = &manifest["windows"]["contents"];
    ensure!(contents["files"] == 6, "it counts {contents}");
    ensure!(contents["directories"] == 6, "it counts {contents}");
    Ok(())
}

/// The sealed disk still is a volume that other tools read, without the password.
fn back(context: &Context, qcow2: &Utf8Path, windows: u64, password: &str) -> Result<()> {
    let path = raw_of(context, qcow2, None)?;
    let back = Disk { path, windows };
    ensure!(
        back.find(password.as_bytes())?.is_none(),
        "a deleted file is kept"
    );
    ensure!(
        back.find(&utf16(password))?.is_none(),
        "the page file is kept"
    );
    let mut bytes = fs::read(&back.path)?;
    let start = usize::try_from(windows)?;
    let volume = context.folder.join("volume");
    bytes.truncate(start + usize::try_from(WINDOWS_BYTES)?);
    fs::write(&volume, &bytes[start..])?;
    context.read(LIMIT, &["ntfsfix", "--no-action", volume.as_str()])?;
    let list = ["ntfsls", "-R", "-l", volume.as_str()];
    let list = context.read(LIMIT, &list)?;
    ensure!(list.contains("letter.txt"), "a file is gone: {list}");
    // Setup's files are the same, byte for byte.
    let wim = context.folder.join("back.wim");
    let capture = ["capture", volume.as_str(), wim.as_str(), "--compress=none"];
    context.read(LIMIT, &[&["wimlib-imagex"], &capture[..]].concat())?;
    let folder = context.folder.join("extracted");
    let dest = format!("--dest-dir={folder}");
    let extract = ["extract", wim.as_str(), "1", "/Windows/System32", &dest];
    context.read(LIMIT, &[&["wimlib-imagex"], &extract[..]].concat())?;
    for file in ["ntoskrnl.exe", "config/SYSTEM", "config/SOFTWARE"] {
        let before = fs::read(context.folder.join("tree/Windows/System32").join(file))?;
        let after = fs::read(folder.join("System32").join(file))?;
        ensure!(before == after, "`{file}` has changed");
    }
    Ok(())
}

fn bios(context: &Context) -> Result<Outcome> {
    let firmware = r#","firmware":{"type":"bios"}"#;
    let sealer = Sealer::new(context, firmware)?;
    let volume = ntfs(context, &tree(context, &[])?, WINDOWS_BYTES)?;
    let disk = mbr(context, &volume)?;
    let (out, code, said) = sealer.seal(&disk, "out")?;
    ensure!(code == 0, "it was not sealed: {said}");
    ensure!(!out.join("code.fd").exists(), "BIOS has no such firmware");
    let for_uefi = Sealer::new(context, "")?;
    let (_, code, said) = for_uefi.seal(&disk, "uefi")?;
    ensure!(
        code == 3 && said.contains("not of UEFI (GPT)"),
        "{code}: {said}"
    );
    Ok(Outcome::Passed)
}

/// A way to spoil a disk, and what must be said of it.
type Fault<'a> = (&'a str, &'a dyn Fn(&Disk) -> Result<()>, &'a str);

fn refused(context: &Context) -> Result<Outcome> {
    let sealer = Sealer::new(context, "")?;
    let password = sealer.password()?;
    let secret = [b"<p>", password.as_bytes(), &noise(2000)[..]].concat();
    let secret = [("Windows/Panther/answers.xml", &secret[..])];
    let volume = ntfs(context, &tree(context, &secret)?, WINDOWS_BYTES)?;
    let disk = gpt(context, &volume)?;
    let cut = |disk: &Disk| {
        let file = fs::File::options().write(true).open(&disk.path)?;
        Ok(file.set_len(disk.windows + WINDOWS_BYTES / 2)?)
    };
    let faults: &[Fault<'_>] = &[
        (
            "password",
            &|_| Ok(()),
            "in `Windows\\Panther\\answers.xml`",
        ),
        (
            "encrypted",
            &|disk| disk.write(disk.windows + 3, b"-FVE-FS-"),
            "volume is encrypted: partition 3",
        ),
        ("dirty", &make_dirty, "partition 3 is dirty"),
        ("cut", &cut, "no second GPT header"),
        (
            "checksum",
            &|disk| disk.write(1024, b"x"),
            "checksum is wrong",
        ),
        (
            "no-partition",
            &without_windows,
            "partition 3 (Windows) is missing",
        ),
        (
            "no-kernel",
            &without_kernel,
            "no `Windows\\System32\\ntoskrnl.exe`",
        ),
        (
            "torn",
            &|disk| disk.write(disk.record(5)? + 510, b"??"),
            "record 5 of the MFT is torn",
        ),
        (
            "no-mft",
            &|disk| disk.write(disk.record(0)?, &[0; 4096]),
            "has no MFT",
        ),
        (
            "not-ntfs",
            &|disk| disk.write(disk.windows, &[0; 512]),
            "partition 3 (Windows) holds nothing, not NTFS",
        ),
    ];
    let mut counts = Counts::default();
    for (name, spoil, expected) in faults {
        let spoilt = disk.copy(&format!("{name}.raw"))?;
        spoil(&spoilt)?;
        let (_, code, said) = sealer.seal(&spoilt, name)?;
        if code == 3 && said.contains(expected) {
            counts.passed += 1;
        } else {
            counts.failed += 1;
            context.log(&format!("{name}: {code} instead of 3, or not {expected:?}"))?;
        }
        fs::remove_file(&spoilt.path)?;
    }
    Ok(Outcome::Counted(counts))
}

/// `$Volume` asks for a check of the disk: the flags of attribute 0x70.
fn make_dirty(disk: &Disk) -> Result<()> {
    let start = disk.record(3)?;
    let bytes = fs::read(&disk.path)?;
    let record = &bytes[usize::try_from(start)?..][..1024];
    let mut at = usize::from(u16::from_le_bytes([record[20], record[21]]));
    while record[at] != 0x70 {
        ensure!(record[at] != 0xff, "no information about the volume");
        at += usize::from(u16::from_le_bytes([record[at + 4], record[at + 5]]));
    }
    let value = usize::from(u16::from_le_bytes([record[at + 20], record[at + 21]]));
    disk.write(start + (at + value + 10) as u64, &[1, 0])
}

/// The third entry of both tables is gone, the checksums are right.
fn without_windows(disk: &Disk) -> Result<()> {
    // Everything it takes: sgdisk is what made it.
    let root = crate::root::ensure()?;
    let words = ["sgdisk", "--delete=3", disk.path.as_str()].map(ToOwned::to_owned);
    let mut command = crate::enter::command(&root, &[], &words)?;
    let output = command.output().context("cannot start sgdisk")?;
    ensure!(output.status.success(), "sgdisk failed");
    Ok(())
}

/// The kernel's record is not in use any more.
fn without_kernel(disk: &Disk) -> Result<()> {
    let bytes = fs::read(&disk.path)?;
    let name = utf16("ntoskrnl.exe");
    for number in 24..200 {
        let start = disk.record(number)?;
        let record = &bytes[usize::try_from(start)?..][..1024];
        let named = record.windows(name.len()).any(|part| part == name);
        // The folder holds the name too, in its index.
        if named && record.starts_with(b"FILE") && record[22] == 1 {
            return disk.write(start + 22, &[0]);
        }
    }
    anyhow::bail!("no record of the kernel")
}
