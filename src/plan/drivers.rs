//! Rules of drivers: which go onto the media, and where virtio-win has them.

use crate::plan::Driver;
use crate::plan::rules::Rules;
use crate::plan::system::System;
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
/// For the devices that every machine of ours has. Windows starts without them, so an ISO that
/// lacks one is worth a warning, not an error. Few on purpose: Setup has failed over too many.
const ALWAYS: [&str; 5] = ["NetKVM", "vioserial", "viorng", "Balloon", "pvpanic"];

/// More than virtio-win has.
const COUNT_MAX: usize = 100;

/// The drivers that go onto the media, the disk's first.
pub(super) fn drivers(rules: &mut Rules<'_>, image: &Image, bus: Bus) -> Vec<Driver> {
    let disk = match bus {
        Bus::VirtioScsi => Some("vioscsi"),
        Bus::VirtioBlk => Some("viostor"),
        Bus::Nvme | Bus::Sata => None,
    };
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
    }
    for name in ALWAYS.into_iter().filter(|_| given) {
        match folder(rules, image, name) {
            Ok(folder) => add(&mut drivers, name, folder),
            Err(problem) => rules.warn(problem),
        }
    }
    let said = rules.spec.drivers.as_deref().unwrap_or_default();
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
            Ok(folder) => add(&mut drivers, &name, folder),
            Err(problem) => rules.problem_of(&["edition"], Problem { at, ..problem }),
        }
    }
    drivers
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
    let wanted = system
        .folders()
        .iter()
        .map(|name| format!("{driver}/{name}/amd64"));
    for wanted in wanted {
        // Windows does not tell case apart, and the ISO's releases do not agree in it.
        let found = iso.folders.iter().find(|f| f.eq_ignore_ascii_case(&wanted));
        if let Some(found) = found {
            return Ok(Some(found.clone()));
        }
    }
    let (name, label) = (system.name(), operand(&iso.label));
    let what = format!("{label} has no driver `{driver}` for {name}");
    Err(Problem::new("virtioWinIso", what).hint("a later virtio-win may have it"))
}

fn add(drivers: &mut Vec<Driver>, name: &str, folder: Option<String>) {
    if drivers.iter().all(|driver| driver.name != name) {
        drivers.push(Driver {
            name: name.to_owned(),
            folder,
        });
    }
}
