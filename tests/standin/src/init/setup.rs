//! Started from the CD: Setup's windowsPE and offlineServicing passes.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    disk,
    firmware::Facts,
    media,
    platform::{self, program},
    screen,
    state::{self, Driver, PANTHER, Stage, State, log},
};
use crate::{
    answer::{Answer, Command, specialize::prevents_encryption, windows_pe},
    cmd::{self, Machine, Registry},
    config::Fault,
    driver_store,
    drives::{Drives, entry, files_below},
    release::{self, Release},
    wim_xml,
};

/// Drivers that Setup does not have itself: device, kernel module.
const STORAGE: &[(&str, &str)] = &[
    ("PCI\\VEN_1AF4&DEV_1001", "virtio_blk"),
    ("PCI\\VEN_1AF4&DEV_1042", "virtio_blk"),
    ("PCI\\VEN_1AF4&DEV_1004", "virtio_scsi"),
    ("PCI\\VEN_1AF4&DEV_1048", "virtio_scsi"),
];

/// Every storage driver of the installed system.
pub(super) const STORAGE_MODULES: &[&str] = &["ahci", "sd_mod", "virtio_blk", "virtio_scsi"];

/// Runs both passes and restarts the machine.
pub(super) fn start() -> Result<Infallible> {
    screen::begin("Setup");
    let media = media::mount_all()?;
    let (own, config) = media::own(&media)?;
    let release = release::find(&config.release).context("the order names no release")?;
    let drives = media::letters(&media)?;
    let path = media::answer_file(&media)?;
    let bytes = fs::read(&path).context("cannot read the answer file")?;
    let answer = Answer::read(&bytes)?;
    ensure!(
        answer.has_pass("windowsPE"),
        "the answer file has nothing for windowsPE"
    );
    let wish = windows_pe::wish(&answer, release, &config.languages)?;
    check_configuration_set(&path, &wish)?;
    let mut registry = Registry::new();
    let commands = run_commands(&drives, &mut registry, &wish.commands)?;
    let facts = Facts::gather();
    let taken = load_drivers(&drives, &wish.drivers, release, &facts)?;
    let disk = only_disk()?;
    check_hardware(release, &facts, &registry, &disk)?;
    let wim = wim(&drives, &own, &wish.image)?;
    let images = images(&wim)?;
    let image = wim_xml::choose(&images, &wish.image)?;
    screen::line("the disk is prepared, and files are copied");
    let target = disk::prepare(&disk, &wish.disk)?;
    let root = target.apply(&wim, image.index, wish.install_to)?;
    screen::line("the files are copied");
    if config.fault == Fault::Silent {
        platform::hang();
    }
    log(
        &root,
        "setupact.log",
        "Info",
        &format!("applied image {}", image.index),
    )?;
    let state = State {
        stage: Stage::Specialize,
        starts: 0,
        played: 0,
        edition: image.edition.clone(),
        image_name: image.name.clone(),
        image_index: image.index,
        computer_name: None,
        accounts: Vec::new(),
        prevents_encryption: prevents_encryption(&answer)?,
        encrypted: false,
        ended: false,
        layer: None,
        layers: Vec::new(),
        drivers: taken.iter().map(|(driver, _)| driver.clone()).collect(),
        registry: services(&taken),
        commands,
        installed: state::seconds(),
        renamed: 0,
        passwords: BTreeMap::new(),
        machine: vec![facts],
        config: config.clone(),
    };
    finish(&root, &own, &bytes, &taken, &state)?;
    if config.fault != Fault::SecondCdStart {
        target.make_bootable(&own.join("efi/boot/bootx64.efi"))?;
    }
    platform::unmount(&root)?;
    if config.fault == Fault::PoweroffInSetup {
        return platform::power_off();
    }
    platform::reset()
}

/// `$OEM$` folders do nothing unless the answer file asks for a configuration set: whoever put
/// them there relies on something that does not happen.
fn check_configuration_set(answer: &Path, wish: &windows_pe::Wish) -> Result<()> {
    let root = answer.parent().context("an answer file has a folder")?;
    ensure!(
        entry(root, "$OEM$").is_none() || wish.configuration_set,
        "`$OEM$` on a medium whose answer file asks for no configuration set"
    );
    Ok(())
}

fn run_commands(
    drives: &Drives,
    registry: &mut Registry,
    commands: &[Command],
) -> Result<Vec<(String, i32)>> {
    let mut done = Vec::new();
    for command in commands {
        let mut machine = Machine::new(drives, registry);
        let code = cmd::run(&mut machine, &command.line)
            .with_context(|| format!("command {} of windowsPE", command.order))?;
        done.push((command.line.clone(), code));
    }
    Ok(done)
}

/// Takes the drivers that the answer file's paths lead to, and loads the kernel's for those
/// devices that they fit. A path that is not there is passed over, as by the real Setup.
fn load_drivers(
    drives: &Drives,
    paths: &[String],
    release: &Release,
    facts: &Facts,
) -> Result<Vec<(Driver, PathBuf)>> {
    let mut taken: Vec<(Driver, PathBuf)> = Vec::new();
    let mut modules = Vec::new();
    for path in paths {
        let Some(folder) = drives.find(path)?.filter(|folder| folder.is_dir()) else {
            continue;
        };
        for file in files_below(&folder, ".inf")? {
            let one = read_driver(&file, path, release, facts)
                .with_context(|| format!("the driver `{}`", file.display()))?;
            // With one of these the real Setup's screen goes black, and nothing goes on.
            ensure!(
                one.class != "Display",
                "`{}` is a display's driver",
                one.inf
            );
            if let Some(id) = &one.hardware_id {
                let known = STORAGE.iter().filter(|(device, _)| device == id);
                modules.extend(known.map(|(_, module)| *module));
            }
            if !taken.iter().any(|(other, _)| other.inf == one.inf) {
                taken.push((one, file));
            }
        }
    }
    // Disks on AHCI and NVMe need no driver of anybody's.
    modules.push("sd_mod");
    platform::load(&modules)?;
    Ok(taken)
}

/// Reads a driver; one that is not whole stops Setup.
fn read_driver(inf: &Path, from: &str, release: &Release, facts: &Facts) -> Result<Driver> {
    let parsed = driver_store::read(inf)?;
    let mut devices = facts.hardware.iter();
    let fits = devices.find(|id| parsed.matches(id, release.build));
    Ok(Driver {
        inf: inf
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase(),
        from: from.into(),
        class: parsed.class,
        version: parsed.version,
        hardware_id: fits.cloned(),
    })
}

/// The services of the disks' drivers: those that Setup loads start with the kernel afterwards,
/// and those of them that no device wanted are passed over by `StartOverride`.
fn services(drivers: &[(Driver, PathBuf)]) -> Registry {
    let number = |data: &str| cmd::Value {
        kind: "REG_DWORD".into(),
        data: data.into(),
    };
    let mut registry = Registry::new();
    for (driver, _) in drivers.iter().filter(|(one, _)| one.class == "SCSIAdapter") {
        let name = driver.inf.trim_end_matches(".inf");
        let key = format!("hklm\\system\\currentcontrolset\\services\\{name}");
        if driver.hardware_id.is_none() {
            let passed_over = [("0".into(), number("3"))].into();
            registry.insert(format!("{key}\\startoverride"), passed_over);
        }
        registry.insert(key, [("start".into(), number("0"))].into());
    }
    registry
}

fn only_disk() -> Result<String> {
    let disks = platform::disks();
    match &disks[..] {
        [one] => Ok(one.clone()),
        [] => bail!("no disk: the driver of its controller is missing"),
        _ => bail!(
            "{} disks, and nobody can foresee which one is disk 0",
            disks.len()
        ),
    }
}

/// What Setup of Windows 11 checks, unless the registry says that it shall not.
fn check_hardware(release: &Release, facts: &Facts, registry: &Registry, disk: &str) -> Result<()> {
    if !release.checks_hardware {
        return Ok(());
    }
    let lab = registry.get("hklm\\system\\setup\\labconfig");
    let bypassed = |name: &str| {
        let value = lab.and_then(|values| values.get(&name.to_lowercase()));
        value.is_some_and(|value| value.kind == "REG_DWORD" && value.data == "1")
    };
    let sectors: u64 = platform::fact(format!("/sys/block/{disk}/size"))
        .parse()
        .unwrap_or(0);
    let checks = [
        (
            "BypassTPMCheck",
            facts.tpm_version.as_deref() == Some("2"),
            "a TPM 2.0",
        ),
        ("BypassSecureBootCheck", facts.secure_boot, "Secure Boot"),
        // What the kernel counts is less than what was put in.
        ("BypassRAMCheck", facts.memory_mib >= 3600, "4 GB of memory"),
        (
            "BypassCPUCheck",
            facts.processors >= 2,
            "two processor cores",
        ),
        (
            "BypassStorageCheck",
            sectors * 512 >= 52 << 30,
            "a disk of 52 GB",
        ),
    ];
    for (bypass, holds, what) in checks {
        ensure!(
            holds || bypassed(bypass),
            "this PC can't run Windows 11: it needs {what}"
        );
    }
    Ok(())
}

fn wim(drives: &Drives, own: &Path, image: &windows_pe::Image) -> Result<PathBuf> {
    if let Some(path) = &image.path {
        let found = drives.find(path)?;
        return found.with_context(|| format!("there is no `{path}` to install from"));
    }
    let sources = entry(own, "sources").context("no `sources` on the medium")?;
    entry(&sources, "install.wim").context("no `install.wim` on the medium")
}

fn images(wim: &Path) -> Result<Vec<wim_xml::Image>> {
    let xml = "/tmp/images.xml";
    let wim = wim.to_string_lossy();
    program("/bin/wimlib-imagex", &["info", &wim, "--extract-xml", xml])?;
    wim_xml::images(&fs::read(xml).context("cannot read the WIM's XML")?)
}

/// Leaves on the disk what the later passes need.
fn finish(
    root: &Path,
    own: &Path,
    answer: &[u8],
    drivers: &[(Driver, PathBuf)],
    state: &State,
) -> Result<()> {
    let panther = root.join(PANTHER);
    fs::create_dir_all(&panther).context("cannot make Setup's folder")?;
    fs::write(panther.join("unattend.xml"), answer).context("cannot keep the answer file")?;
    fs::write(panther.join("setuperr.log"), "").context("cannot write Setup's errors")?;
    let transcript = fs::read(own.join("standin/transcript.txt"));
    let transcript = transcript.context("cannot read the transcript")?;
    fs::write(panther.join("standin-transcript.txt"), transcript)
        .context("cannot keep the transcript")?;
    for (driver, inf) in drivers {
        driver_store::stage(root, inf)?;
        log(
            root,
            "setupact.log",
            "Info",
            &format!("staged `{}`", driver.inf),
        )?;
    }
    log(root, "setupact.log", "Info", "windowsPE is done")?;
    state.write(root)
}
