//! Drivers in the answer file: Setup's own, those that the new Windows takes from the media, and
//! the disks' that it starts with.

use crate::answer::commands::Command;
use crate::plan::{OF_DISKS, Plan, Stage};
use crate::unattend::{Component, component, group, keyed, leaf};

/// Where the media may be while Setup runs. C to Z without X, which is Windows PE's own RAM disk:
/// letters depend on the disks and drives that Setup happens to see.
const LETTERS: &str = "CDEFGHIJKLMNOPQRSTUVWYZ";
const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

/// For Setup. Folders are searched with all below them, before disks are listed, and their drivers
/// go into the installed Windows too. Those that do not exist are passed over (page of
/// `DriverPaths`), which nobody says of the same setting for offlineServicing: there the letters
/// could not be guessed.
pub(super) fn of_setup(plan: &Plan) -> Option<Component> {
    let any = plan
        .drivers
        .iter()
        .any(|driver| driver.stage == Stage::Setup);
    let paths = (1_u32..).zip(LETTERS.chars()).map(|(key, letter)| {
        let path = leaf("Path", format!("{letter}:\\drivers-pe"));
        keyed("PathAndCredentials", key.to_string(), vec![path])
    });
    any.then(|| {
        component(
            "Microsoft-Windows-PnpCustomizationsWinPE",
            vec![group("DriverPaths", paths.collect())],
        )
    })
}

/// For the new Windows, in the specialize pass.
pub(super) fn commands(plan: &Plan, letters: &str) -> Vec<Command> {
    let later = plan
        .drivers
        .iter()
        .any(|driver| driver.stage == Stage::Windows);
    let any = later || !plan.driver_folders.is_empty();
    let disks = plan.drivers.iter().map(|driver| driver.name.as_str());
    let disks = disks
        .filter(|name| OF_DISKS.contains(name))
        .map(starts_early);
    any.then(|| take(letters))
        .into_iter()
        .chain(disks)
        .collect()
}

/// Puts every driver of the media into the driver store, and onto its device where there is one
/// (page of its command syntax: both options from Windows 10 1607 on). What cannot be taken is
/// in `setupapi.dev.log`; Windows starts without it.
fn take(letters: &str) -> Command {
    let folder = r"%i:\drivers-windows";
    let add = format!(r"pnputil /add-driver {folder}\*.inf /subdirs /install");
    Command {
        path: format!("cmd /c \"(for %i in ({letters}) do if exist {folder} {add}) & exit 0\""),
        description: "Take drivers from the answer ISO",
    }
}

/// Lets a disk's driver start with the kernel, though no disk needs it today. Windows puts
/// `StartOverride` beside the drivers of disks that it did not start from, and then passes over
/// them; without the key `Start` counts again (Amazon's EC2 user guide, "Upgrade PV drivers", has
/// its own driver's deleted before a disk moves to another machine). Nothing is written where there
/// is no such driver: a service without its program would be an error at each start.
fn starts_early(name: &str) -> Command {
    let key = format!(r"{SERVICES}\{name}");
    let start = format!("reg add {key} /v Start /t REG_DWORD /d 0 /f");
    let free = format!(r"reg delete {key}\StartOverride /f");
    Command {
        path: format!("cmd /c \"reg query {key} && {start} && {free} & exit 0\""),
        description: "Let the disk change its bus",
    }
}
