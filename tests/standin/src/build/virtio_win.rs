//! A virtio-win ISO with the real one's folders; the drivers in it are none.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::{iso::fix_times, tools::run};

/// The real medium's label carries its version, which is how people tell two apart.
const LABEL: &str = "virtio-win-0.1.285";

/// One driver: its folder, its INF's name, its class, its class' GUID and its PCI ids.
struct Driver {
    folder: &'static str,
    stem: &'static str,
    class: &'static str,
    class_guid: &'static str,
    devices: &'static [&'static str],
}

const fn driver(
    folder: &'static str,
    stem: &'static str,
    class: &'static str,
    class_guid: &'static str,
    devices: &'static [&'static str],
) -> Driver {
    Driver {
        folder,
        stem,
        class,
        class_guid,
        devices,
    }
}

const SCSI: &str = "{4d36e97b-e325-11ce-bfc1-08002be10318}";
const NET: &str = "{4d36e972-e325-11ce-bfc1-08002be10318}";
const SYSTEM: &str = "{4d36e97d-e325-11ce-bfc1-08002be10318}";
const HID: &str = "{745a17a0-74d3-11d0-b6fe-00a0c90f57da}";
const DISPLAY: &str = "{4d36e968-e325-11ce-bfc1-08002be10318}";

/// Device ids come in pairs: transitional and modern.
const DRIVERS: &[Driver] = &[
    driver("viostor", "viostor", "SCSIAdapter", SCSI, &["1001", "1042"]),
    driver("vioscsi", "vioscsi", "SCSIAdapter", SCSI, &["1004", "1048"]),
    driver("NetKVM", "netkvm", "Net", NET, &["1000", "1041"]),
    driver("vioserial", "vioser", "System", SYSTEM, &["1003", "1043"]),
    driver("viorng", "viorng", "System", SYSTEM, &["1005", "1044"]),
    driver("Balloon", "balloon", "System", SYSTEM, &["1002", "1045"]),
    driver("vioinput", "vioinput", "HIDClass", HID, &["1052"]),
    driver("viofs", "viofs", "System", SYSTEM, &["1049", "105A"]),
    driver("viogpudo", "viogpudo", "Display", DISPLAY, &["1050"]),
];

/// Folders of systems with the first build that their drivers are for. One build of the drivers
/// serves 10 and the servers up to 2022, another one 11 and Server 2025.
const SYSTEMS: &[(&str, u32)] = &[
    ("w10", 14393),
    ("2k16", 14393),
    ("2k19", 14393),
    ("2k22", 14393),
    ("w11", 22000),
    ("2k25", 22000),
];

/// The storage drivers are on the medium a second time, all in one folder for each system.
const STORAGE: &[&str] = &["viostor", "vioscsi"];

/// Writes the ISO.
pub fn build(out: &Path) -> Result<()> {
    let out = std::path::absolute(out).context("cannot find the output's folder")?;
    let name = out
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let work = out.with_file_name(format!(".{name}.tree-{}", std::process::id()));
    let tree = work.join("tree");
    fs::create_dir_all(&tree).with_context(|| format!("cannot make `{}`", tree.display()))?;
    let result = plant(&tree).and_then(|()| write(&work, &out));
    fs::remove_dir_all(&work).with_context(|| format!("cannot remove `{}`", work.display()))?;
    result
}

fn write(work: &Path, out: &Path) -> Result<()> {
    fix_times(&work.join("tree"))?;
    run(
        work,
        "genisoimage",
        &["-quiet", "-J", "-R", "-V", LABEL, "-o", "iso", "tree"],
    )?;
    let made = work.join("iso");
    let mut iso = fs::read(&made).context("cannot read the new ISO back")?;
    crate::udf::fix_times(&mut iso);
    fix_stamps(&mut iso);
    fs::write(&made, iso).context("cannot write the ISO")?;
    fs::rename(&made, out).with_context(|| format!("cannot rename into `{}`", out.display()))
}

/// Rock Ridge records when a file was read and when its inode changed, which no program can set:
/// both become the time of its contents.
fn fix_stamps(iso: &mut [u8]) {
    // A `TF` entry of 26 bytes, version 1, with three stamps of 7 bytes: modified, read, changed.
    const MARK: &[u8] = b"TF\x1a\x01\x0e";
    let mut at = 0;
    while let Some(found) = iso[at..]
        .windows(MARK.len())
        .position(|bytes| bytes == MARK)
    {
        let stamps = at + found + MARK.len();
        if stamps + 21 > iso.len() {
            break;
        }
        iso.copy_within(stamps..stamps + 7, stamps + 7);
        iso.copy_within(stamps..stamps + 7, stamps + 14);
        at = stamps + 21;
    }
}

fn plant(tree: &Path) -> Result<()> {
    for (system, build) in SYSTEMS {
        for driver in DRIVERS {
            let folder = tree.join(driver.folder).join(system).join("amd64");
            plant_driver(&folder, driver, *build)?;
            if STORAGE.contains(&driver.folder) {
                plant_driver(&tree.join("amd64").join(system), driver, *build)?;
            }
        }
        plant_pvpanic(&tree.join("pvpanic").join(system).join("amd64"), *build)?;
    }
    write_file(
        tree,
        "virtio-win_license.txt",
        "a stand-in: no driver is inside\r\n",
    )?;
    write_file(tree, "guest-agent/qemu-ga-x86_64.msi", "stand-in")?;
    write_file(tree, "virtio-win-guest-tools.exe", "MZ stand-in")
}

fn plant_driver(folder: &Path, driver: &Driver, build: u32) -> Result<()> {
    let ids: Vec<String> = driver
        .devices
        .iter()
        .map(|device| format!("PCI\\VEN_1AF4&DEV_{device}"))
        .collect();
    let stem = driver.stem;
    let text = inf(stem, driver.class, driver.class_guid, &ids, build);
    write_file(folder, &format!("{stem}.inf"), &text)?;
    write_file(
        folder,
        &format!("{stem}.sys"),
        &format!("MZ stand-in {stem} {build}"),
    )?;
    write_file(
        folder,
        &format!("{stem}.cat"),
        &format!("stand-in {stem} {build}"),
    )?;
    // Symbols lie beside the drivers and are the larger part; nobody wants them on a small medium.
    write_file(folder, &format!("{stem}.pdb"), "Microsoft C/C++ MSF 7.00")
}

/// Two INFs in one folder, as on the real medium: the ACPI device and the PCI one.
fn plant_pvpanic(folder: &Path, build: u32) -> Result<()> {
    for (stem, id) in [
        ("pvpanic", "ACPI\\QEMU0001"),
        ("pvpanic-pci", "PCI\\VEN_1B36&DEV_0011"),
    ] {
        let text = inf(stem, "System", SYSTEM, &[id.to_owned()], build);
        write_file(folder, &format!("{stem}.inf"), &text)?;
        write_file(
            folder,
            &format!("{stem}.cat"),
            &format!("stand-in {stem} {build}"),
        )?;
        write_file(
            folder,
            &format!("{stem}.sys"),
            &format!("MZ stand-in {stem} {build}"),
        )?;
    }
    Ok(())
}

fn write_file(folder: &Path, path: &str, text: &str) -> Result<()> {
    let at: PathBuf = folder.join(path);
    let parent = at.parent().context("a planted file has a folder")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
    fs::write(&at, text).with_context(|| format!("cannot write `{}`", at.display()))
}

/// A small INF: what Setup reads to decide whether the driver is for a device.
fn inf(stem: &str, class: &str, class_guid: &str, ids: &[String], build: u32) -> String {
    let mut models = String::new();
    models.extend(ids.iter().map(|id| format!("%Device% = Install, {id}\r\n")));
    format!(
        "; a stand-in for {stem}.inf\r\n\
         [Version]\r\n\
         Signature = \"$WINDOWS NT$\"\r\n\
         Class = {class}\r\n\
         ClassGuid = {class_guid}\r\n\
         Provider = %Vendor%\r\n\
         CatalogFile = {stem}.cat\r\n\
         DriverVer = 09/10/2025,100.{build}.104.28500\r\n\
         PnpLockdown = 1\r\n\
         \r\n\
         [SourceDisksNames]\r\n\
         1 = %Disk%,,,\r\n\
         \r\n\
         [SourceDisksFiles]\r\n\
         {stem}.sys = 1,,\r\n\
         \r\n\
         [Manufacturer]\r\n\
         %Vendor% = Models,NTamd64.10.0...{build}\r\n\
         \r\n\
         [Models.NTamd64.10.0...{build}]\r\n\
         {models}\
         \r\n\
         [Strings]\r\n\
         Vendor = \"Lucarne stand-in\"\r\n\
         Disk = \"Stand-in disk\"\r\n\
         Device = \"Stand-in {stem}\"\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inf::Inf;

    #[test]
    fn a_files_other_stamps_become_that_of_its_contents() {
        let mut iso = b"xTF\x1a\x01\x0e1111111222222233333334".to_vec();
        fix_stamps(&mut iso);
        assert_eq!(iso, b"xTF\x1a\x01\x0e1111111111111111111114");
    }

    #[test]
    fn setup_reads_the_infs_that_are_planted() {
        let folder = tempfile::tempdir().expect("a folder");
        plant(folder.path()).expect("planted");
        let read = |path: &str| {
            let text = fs::read_to_string(folder.path().join(path)).expect(path);
            Inf::parse(&text).expect(path)
        };
        let scsi = read("vioscsi/w11/amd64/vioscsi.inf");
        assert!(scsi.matches("PCI\\VEN_1AF4&DEV_1048", 26200));
        assert!(!scsi.matches("PCI\\VEN_1AF4&DEV_1042", 26200));
        assert!(
            !scsi.matches("PCI\\VEN_1AF4&DEV_1048", 19045),
            "11's driver is not for 10"
        );
        assert_eq!(scsi.files, ["vioscsi.sys"]);
        assert!(read("amd64/w10/viostor.inf").matches("PCI\\VEN_1AF4&DEV_1001", 19045));
        assert_eq!(read("pvpanic/2k25/amd64/pvpanic-pci.inf").class, "System");
    }
}
