//! Rules of drivers: which go onto the media, and where virtio-win has them.
//!
//! Windows PE gets few: the disks' and the network's. Setup of 24H2 has failed over many, and over
//! a display's (virtio-win issue 1100, openSUSE's distribution issue 20770, quickemu issue 1620).
//! Both drivers of disks are among them, whatever the disk hangs on: those that Setup loads it also
//! puts into the image before it first starts, where drivers of disks are made to start with the
//! kernel ("Add device drivers during Windows Setup"); one that comes later is only kept for a
//! device that is there, and the disk could not change its bus.

use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::plan::{Disk, Driver, Stage};
use crate::problem::{Problem, nearest, operand, operands};
use crate::spec::Bus;
use crate::windows_iso::Image;

/// virtio-win's drivers for devices that a machine may have, as its folders spell them
/// (virtio-win-pkg-scripts, `util/filemap.py`).
const KNOWN: [&str; 18] = [
    "Balloon",
    "NetKVM",
    "fwcfg",
    "pvpanic",
    "qemufwcfg",
    "qemupciserial",
    "qxldod",
    "smbus",
    "sriov",
    "viofs",
    "viogpudo",
    "vioinput",
    "viomem",
    "viorng",
    "vioscsi",
    "vioserial",
    "viosock",
    "viostor",
];
/// The disks'.
pub(crate) const OF_DISKS: [&str; 2] = ["vioscsi", "viostor"];
const OF_NETWORK: &str = "NetKVM";
/// For the other devices that every machine of ours has. Windows starts without them, so an ISO
/// that lacks one is worth a warning, not an error.
const ALWAYS: [&str; 4] = ["vioserial", "viorng", "Balloon", "pvpanic"];
/// For devices that a machine may be given. Not `fwcfg`, which binds the device that `qemufwcfg`
/// keeps quiet and needs another; nor `qxldod` and `sriov`, for which QEMU has better.
const USEFUL: [&str; 8] = [
    "qemufwcfg",
    "qemupciserial",
    "smbus",
    "viofs",
    "viogpudo",
    "vioinput",
    "viomem",
    "viosock",
];

/// More than virtio-win has.
const COUNT_MAX: usize = 100;
/// More folders than anybody has kinds of hardware.
const FOLDERS_MAX: usize = 16;
/// The first Windows whose Setup refuses the disk's driver of older virtio-win, and the first
/// virtio-win that it takes (virtio-win issue 1100).
const NEW_SETUP: u32 = 26100;
const NEW_SETUP_WANTS: [u32; 3] = [0, 1, 258];

impl Disk {
    /// The driver of virtio-win that Windows needs to see the disk. Others it knows by itself.
    #[must_use]
    pub fn driver(&self) -> Option<&'static str> {
        driver_of(self.bus)
    }
}

fn driver_of(bus: Bus) -> Option<&'static str> {
    match bus {
        Bus::VirtioScsi => Some("vioscsi"),
        Bus::VirtioBlk => Some("viostor"),
        Bus::Nvme | Bus::Sata => None,
    }
}

/// The drivers that go onto the media, the disk's first.
pub(super) fn drivers(rules: &mut Rules<'_>, image: &Image, bus: Bus) -> Vec<Driver> {
    let disk = driver_of(bus);
    let given = rules.facts.virtio_win.is_some() || rules.spec.virtio_win_iso.is_some();
    if !given {
        none_given(rules, disk);
    }
    let mut drivers: Vec<Driver> = Vec::new();
    if let Some(name) = disk {
        let folder = folder(rules, image, name).unwrap_or_else(|problem| {
            rules.problem_of(&["disk.bus", "edition"], problem);
            None
        });
        add(&mut drivers, name, folder);
        is_new_enough(rules, image);
    }
    if given {
        let others = OF_DISKS.into_iter().filter(|name| Some(*name) != disk);
        for name in others.chain([OF_NETWORK]).chain(ALWAYS) {
            match folder(rules, image, name) {
                Ok(folder) => add(&mut drivers, name, folder),
                Err(problem) => rules.warn(problem),
            }
        }
    }
    match rules.spec.drivers.as_deref() {
        Some(said) => asked(rules, image, said, &mut drivers),
        // Nobody asked for them, so what is not there is not missed.
        None => {
            for name in USEFUL {
                if let Ok(Some(folder)) = folder(rules, image, name) {
                    add(&mut drivers, name, Some(folder));
                }
            }
        }
    }
    drivers
}

/// The drivers that the spec names.
fn asked(rules: &mut Rules<'_>, image: &Image, said: &[String], drivers: &mut Vec<Driver>) {
    if said.len() > COUNT_MAX {
        let what = format!("has {} drivers, more than {COUNT_MAX}", said.len());
        let hint = "name each driver once";
        rules.problem(Problem::new("drivers", what).hint(hint));
    }
    let paths = rules.elements("drivers", said.len().min(COUNT_MAX));
    for (said, at) in said.iter().zip(paths) {
        let Some(name) = known(rules, said) else {
            let what = format!("virtio-win has no driver {}", operand(said));
            let problem = Problem::new(at, what);
            rules.problem(match nearest(said, KNOWN) {
                Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
                None => problem.hint(format!("it has {}", operands(KNOWN))),
            });
            continue;
        };
        match folder(rules, image, &name) {
            Ok(folder) => add(drivers, &name, folder),
            Err(problem) => rules.problem_of(&["edition"], Problem { at, ..problem }),
        }
    }
}

/// Warns of a virtio-win whose drivers of disks a new Setup is known to refuse.
fn is_new_enough(rules: &mut Rules<'_>, image: &Image) {
    let (_, _, build) = image.version;
    let Some(iso) = rules.facts.virtio_win else {
        return;
    };
    if build >= NEW_SETUP
        && iso
            .version()
            .is_some_and(|version| version < NEW_SETUP_WANTS)
    {
        let label = operand(&iso.label);
        let what = format!("Setup of 24H2 and Server 2025 may refuse the disk's driver of {label}");
        let hint = "take virtio-win 0.1.258 or later";
        rules.warn(Problem::new("virtioWinIso", what).hint(hint));
    }
}

fn none_given(rules: &mut Rules<'_>, disk: Option<&str>) {
    let at = "virtioWinIso";
    let mut said = rules.spec.drivers.iter().flatten().take(COUNT_MAX);
    let said = said.find_map(|said| known(rules, said));
    if let Some(driver) = disk {
        let what = format!("is not given, and Windows has no driver `{driver}` for the disk");
        let problem = Problem::new(at, what)
            .hint("give virtio-win's ISO, or set `disk.bus` to `nvme` or `sata`");
        rules.problem_of(&["disk.bus"], problem);
    } else if let Some(driver) = said {
        let what = format!("is not given, and {} is on it", operand(&driver));
        let problem = Problem::new(at, what).hint("give virtio-win's ISO, or leave the driver out");
        rules.problem_of(&["drivers"], problem);
    } else {
        let what = "is not given: Windows will have no driver for the network";
        rules.warn(Problem::new(at, what).hint("give virtio-win's ISO"));
    }
}

/// A driver's name as virtio-win spells it. A later ISO may have drivers that are not listed here.
fn known(rules: &Rules<'_>, said: &str) -> Option<String> {
    let on_iso = rules
        .facts
        .virtio_win
        .into_iter()
        .flat_map(|iso| &iso.folders);
    let on_iso = on_iso.filter_map(|folder| folder.split('/').next());
    let mut names = KNOWN.into_iter().chain(on_iso);
    let found = names.find(|name| name.eq_ignore_ascii_case(said))?;
    Some(found.to_owned())
}

/// Where the ISO has a driver for the image; `None` when one of the two was not read.
fn folder(rules: &Rules<'_>, image: &Image, driver: &str) -> Result<Option<String>, Problem> {
    let (Some(iso), Some(system)) = (rules.facts.virtio_win, System::of(image)) else {
        return Ok(None);
    };
    let arch = &image.architecture;
    let wanted = system
        .folders()
        .iter()
        .map(|name| format!("{driver}/{name}/{arch}"));
    for wanted in wanted {
        // Windows does not tell case apart, and the ISO's releases do not agree in it.
        let found = iso.folders.iter().find(|f| f.eq_ignore_ascii_case(&wanted));
        if let Some(found) = found {
            return Ok(Some(found.clone()));
        }
    }
    let (name, label) = (system.name(), operand(&iso.label));
    let what = format!("{label} has no driver `{driver}` for {name} on `{arch}`");
    Err(Problem::new("virtioWinIso", what).hint("a later virtio-win may have it"))
}

fn add(drivers: &mut Vec<Driver>, name: &str, folder: Option<String>) {
    if drivers.iter().any(|driver| driver.name == name) {
        return;
    }
    let early = OF_DISKS.contains(&name) || name == OF_NETWORK;
    drivers.push(Driver {
        name: name.to_owned(),
        folder,
        stage: if early { Stage::Setup } else { Stage::Windows },
    });
}

/// The user's own folders. What is in them is looked at where they are read.
pub(super) fn folders(rules: &mut Rules<'_>) -> Vec<String> {
    let said = rules.spec.driver_folders.clone().unwrap_or_default();
    let at = "driverFolders";
    if said.len() > FOLDERS_MAX {
        let what = format!("has {} folders, more than {FOLDERS_MAX}", said.len());
        let hint = "put the drivers into fewer: a folder is taken with all below it";
        rules.problem(Problem::new(at, what).hint(hint));
    }
    let paths = rules.elements(at, said.len().min(FOLDERS_MAX));
    for (index, (folder, at)) in said.iter().zip(paths).enumerate() {
        if folder.is_empty() {
            let hint = "name a folder with an INF, or leave it out";
            rules.problem(Problem::new(at, "is empty").hint(hint));
        } else if said[..index].contains(folder) {
            let what = format!("{} is there twice", operand(folder));
            rules.problem(Problem::new(at, what).hint("leave one of them out"));
        }
    }
    said
}
