//! What a plan is made from: a spec's bytes, and the ISOs that it or the command line names.
//!
//! The command line and the builder both come here, so that `lucarne install` and a derivation
//! plan alike.

mod payloads;

use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};

use crate::driver_folder;
use crate::failure::Failure;
use crate::nix_log;
use crate::plan::{self, Facts, LayerPlan, Plan, Purpose};
use crate::problem::{Problem, Problems, elements, one_line, operand};
use crate::regular::is_wrong_path;
use crate::secure_boot::Variables;
use crate::spec::{self, FirmwareKind, Shaped, Spec};
use crate::virtio_win::{self, VirtioWin};
use crate::windows_iso::boot::{self, Foreseen};
use crate::windows_iso::{self, WindowsIso};

/// ISOs in the place of those that the spec names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    pub iso: Option<&'a Utf8Path>,
    pub virtio_win: Option<&'a Utf8Path>,
    /// The variables that a firmware with Secure Boot will have.
    pub vars: Option<&'a Utf8Path>,
}

/// What to do about an ISO or a folder that the spec names and that is not there. One that the
/// command line names must always be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is needed.
    Fails,
    /// Go on, and check less: a spec may be checked on another machine than the one that builds.
    Warns,
}

/// A plan, and what it was made from.
#[derive(Debug)]
pub struct Planned {
    pub spec: Spec,
    pub plan: Plan,
    /// The Windows ISO's path and facts, where it was read.
    pub windows: Option<(Utf8PathBuf, WindowsIso)>,
    /// The virtio-win ISO's path and facts, where it was read.
    pub virtio_win: Option<(Utf8PathBuf, VirtioWin)>,
}

/// Reads the ISOs and plans. Warnings are told on stderr, and every problem at once: what is wrong
/// with an ISO hides nothing of what is wrong with the spec.
pub fn plan(spec: &[u8], given: Given<'_>, missing: Missing) -> Result<Planned, Failure> {
    plan_for(Purpose::Install, spec, given, missing)
}

/// The same for a purpose.
pub fn plan_for(
    purpose: Purpose,
    spec: &[u8],
    given: Given<'_>,
    missing: Missing,
) -> Result<Planned, Failure> {
    let mut shaped = spec::shape(spec)?;
    let Shaped { spec, problems } = &mut shaped;
    let windows = Iso {
        option: "windowsIso",
        given: given.iso,
        named: spec.windows_iso.as_deref(),
    };
    let virtio_win = Iso {
        option: "virtioWinIso",
        given: given.virtio_win,
        named: spec.virtio_win_iso.as_deref(),
    };
    if missing == Missing::Fails {
        problems.extend(windows.not_given(problems));
    }
    let windows = windows.read(missing, problems, windows_iso::read);
    let virtio_win = virtio_win.read(missing, problems, virtio_win::read);
    let of_drivers = own_drivers(spec, problems, missing);
    let boot = foreseen(spec, windows.as_ref(), given.vars);
    let facts = Facts {
        windows: windows.as_ref().map(|(_, facts)| facts),
        virtio_win: virtio_win.as_ref().map(|(_, facts)| facts),
        boot: boot.as_ref().ok().and_then(Option::as_ref),
        purpose,
    };
    let iso = virtio_win.as_ref().map(|(iso, _)| iso.as_path());
    let mut others = of_drivers;
    others.extend(payloads::look(
        &plan::payloads(&shaped, &facts),
        iso,
        missing,
    ));
    let plan = also(plan::check(&shaped, &facts), others)?;
    // Firmware that cannot be read hides nothing of what is wrong with the spec.
    drop(boot?);
    warn(&plan.warnings);
    Ok(Planned {
        spec: shaped.spec,
        plan,
        windows,
        virtio_win,
    })
}

/// Plans a layer. Its base is not looked at.
pub fn plan_layer(spec: &[u8], missing: Missing) -> Result<LayerPlan, Failure> {
    let shaped = spec::shape_layer(spec).map_err(Failure::LayerSpec)?;
    let iso = shaped.spec.virtio_win_iso.as_deref().map(Utf8Path::new);
    let others = payloads::look(&plan::layer_payloads(&shaped), iso, missing);
    let plan = also(plan::layer(&shaped), others).map_err(Failure::LayerSpec)?;
    warn(&plan.warnings);
    Ok(plan)
}

fn warn(warnings: &[Problem]) {
    for warning in warnings {
        nix_log::say(&format!("warning: {}", warning.with_hint()));
    }
}

/// What the firmware will do with the ISO, where it is worth looking: what the spec means is the
/// plan's to tell.
fn foreseen(
    spec: &Spec,
    windows: Option<&(Utf8PathBuf, WindowsIso)>,
    vars: Option<&Utf8Path>,
) -> anyhow::Result<Option<Foreseen>> {
    let said = spec.firmware.clone().unwrap_or_default();
    let off = said.kind == Some(FirmwareKind::Bios) || said.secure_boot == Some(false);
    match (windows, vars) {
        (Some((iso, _)), Some(vars)) if !off => {
            boot::foresee(iso, &Variables::read(vars)?).map(Some)
        }
        _ => Ok(None),
    }
}

/// A plan, unless there are other problems too. They are told past the rules: for these a problem
/// of an element is one that they have not read.
fn also<T>(plan: Result<T, Problems>, others: Vec<Problem>) -> Result<T, Problems> {
    if others.is_empty() {
        return plan;
    }
    let mut all = plan.err().map(|problems| problems.0).unwrap_or_default();
    all.extend(others);
    all.sort();
    all.dedup();
    Err(Problems(all))
}

/// Looks into the user's own folders of drivers; what was wrong with the spec's shape is not there.
fn own_drivers(spec: &Spec, shape: &[Problem], missing: Missing) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut budget = driver_folder::budget();
    let folders = spec.driver_folders.as_deref().unwrap_or_default();
    let broken: Vec<&str> = shape.iter().map(|problem| problem.at.as_str()).collect();
    let paths = elements("driverFolders", folders.len(), &broken);
    for (index, (folder, at)) in folders.iter().zip(paths).enumerate() {
        // That a path is empty is the plan's to tell.
        if folder.is_empty() {
            continue;
        }
        let path = Utf8Path::new(folder);
        if missing == Missing::Warns && is_absent(path) {
            warn_of_absence(&at, path);
        } else if let Err(error) =
            driver_folder::list(path, &driver_folder::name(index), &mut budget)
        {
            let hint = "name a folder with an INF and what it needs, and nothing else";
            problems.push(Problem::new(at, one_line(&format!("{error:#}"))).hint(hint));
        }
    }
    problems
}

fn warn_of_absence(at: &str, path: &Utf8Path) {
    let what = format!("there is no {}", operand(path.as_str()));
    let warning = Problem::new(at, what).hint("what hangs on it is not checked here");
    nix_log::say(&format!("warning: {}", warning.with_hint()));
}

/// One of the two ISOs, as it was asked for.
struct Iso<'a> {
    option: &'static str,
    given: Option<&'a Utf8Path>,
    named: Option<&'a str>,
}

impl Iso<'_> {
    /// The problem that there is no ISO at all, unless another one explains that.
    fn not_given(&self, problems: &[Problem]) -> Option<Problem> {
        let told = problems.iter().any(|problem| problem.at == self.option);
        (self.given.is_none() && self.named.is_none() && !told).then(|| {
            Problem::new(self.option, "is not given")
                .hint("`utils.windowsIso` makes one in Nix, `--iso` names one on the command line")
        })
    }

    fn read<T>(
        &self,
        missing: Missing,
        problems: &mut Vec<Problem>,
        read: impl FnOnce(&Utf8Path) -> anyhow::Result<T>,
    ) -> Option<(Utf8PathBuf, T)> {
        // That a path is empty is the plan's to tell.
        let named = self.named.filter(|path| !path.is_empty());
        let path = self.given.or(named.map(Utf8Path::new))?;
        let may_miss = self.given.is_none() && missing == Missing::Warns;
        if may_miss && is_absent(path) {
            warn_of_absence(self.option, path);
            return None;
        }
        match read(path) {
            Ok(facts) => Some((path.to_owned(), facts)),
            Err(error) => {
                problems.push(self.unreadable(&error));
                None
            }
        }
    }

    fn unreadable(&self, error: &anyhow::Error) -> Problem {
        let mut causes = error.chain().filter_map(|cause| cause.downcast_ref());
        let hint = if causes.any(is_wrong_path) {
            "name the ISO's own file, which is there and can be read"
        } else {
            "see that the download is whole, and that it is this kind of ISO"
        };
        Problem::new(self.option, one_line(&format!("{error:#}"))).hint(hint)
    }
}

fn is_absent(path: &Utf8Path) -> bool {
    matches!(path.metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso<'a>(given: Option<&'a str>, named: Option<&'a str>) -> Iso<'a> {
        Iso {
            option: "windowsIso",
            given: given.map(Utf8Path::new),
            named,
        }
    }

    /// Stands in for reading: opens the file.
    fn read(
        iso: &Iso<'_>,
        missing: Missing,
    ) -> (Option<(Utf8PathBuf, std::fs::File)>, Vec<Problem>) {
        let mut problems = Vec::new();
        let open = |path: &Utf8Path| Ok(crate::regular::open(path)?);
        let read = iso.read(missing, &mut problems, open);
        (read, problems)
    }

    #[test]
    fn an_absent_iso_of_the_spec_is_missed_only_where_it_is_needed() {
        let absent = iso(None, Some("/nowhere/win.iso"));
        let (found, problems) = read(&absent, Missing::Warns);
        assert!(found.is_none() && problems.is_empty(), "{problems:?}");
        let (found, problems) = read(&absent, Missing::Fails);
        assert!(found.is_none());
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].at, "windowsIso");
    }

    #[test]
    fn an_absent_iso_of_the_command_line_is_always_missed() {
        let absent = iso(Some("/nowhere/win.iso"), Some("/etc/passwd"));
        assert_eq!(read(&absent, Missing::Warns).1.len(), 1);
    }

    #[test]
    fn what_cannot_be_an_iso_is_a_problem_even_where_it_may_be_absent() {
        let long = format!("/{}", "x".repeat(5000));
        for path in ["/dev/null", "/", "/dev/null/a", "/a\0b", &long] {
            let (found, problems) = read(&iso(None, Some(path)), Missing::Warns);
            assert!(found.is_none());
            let [problem] = problems.as_slice() else {
                panic!("{path}: {problems:?}");
            };
            assert_eq!(problem.at, "windowsIso");
            let hint = problem.hint.as_deref().unwrap_or_default();
            assert!(hint.contains("the ISO's own file"), "{path}: {hint}");
        }
    }

    #[test]
    fn the_command_line_wins() {
        let file = tempfile::NamedTempFile::new().expect("the test may write");
        let given = file.path().to_str();
        let (found, _) = read(&iso(given, Some("/nowhere/win.iso")), Missing::Fails);
        assert_eq!(found.map(|(path, _)| path.into_string()).as_deref(), given);
        let (found, problems) = read(&iso(None, None), Missing::Fails);
        assert!(found.is_none() && problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn own_drivers_are_looked_at_where_they_are() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folders = [folder.path().to_str().expect("UTF-8"), "", "/nowhere"];
        let spec = Spec {
            driver_folders: Some(folders.map(str::to_owned).into()),
            ..Spec::default()
        };
        let told = |missing| {
            let problems = own_drivers(&spec, &[], missing);
            problems.into_iter().map(|p| p.at).collect::<Vec<_>>()
        };
        assert_eq!(told(Missing::Warns), ["driverFolders[0]"]);
        assert_eq!(
            told(Missing::Fails),
            ["driverFolders[0]", "driverFolders[2]"]
        );
        std::fs::write(folder.path().join("card.inf"), "").expect("written");
        assert_eq!(told(Missing::Warns), [""; 0]);
    }

    /// What is wrong with a folder of drivers, and what with the list, each at its own element.
    #[test]
    fn own_drivers_are_counted_as_they_were_written() {
        let (none, some) = (tempfile::tempdir(), tempfile::tempdir());
        let (none, some) = (none.expect("writable"), some.expect("writable"));
        std::fs::write(some.path().join("card.inf"), "").expect("written");
        let told = |folders: serde_json::Value| {
            let spec = serde_json::json!({
                "schema": "lucarne.spec/1", "name": "a", "edition": 1, "disk": {"bus": "nvme"},
                "locale": {"ui": "en-US"}, "driverFolders": folders,
            });
            let failure = plan(
                spec.to_string().as_bytes(),
                Given::default(),
                Missing::Warns,
            );
            let Failure::Spec(problems) = failure.expect_err("is wrong") else {
                panic!("the spec is wrong");
            };
            let told = problems.0.into_iter().map(|problem| {
                let what = problem.what.rsplit_once(' ').expect("words").1.to_owned();
                format!("{} {what}", problem.at)
            });
            told.collect::<Vec<_>>()
        };
        let (none, some) = (none.path().to_str(), some.path().to_str());
        let of_first = "driverFolders[0] driver";
        assert_eq!(
            told(serde_json::json!([none, "", some])),
            [of_first, "driverFolders[1] empty"]
        );
        assert_eq!(
            told(serde_json::json!([none, some, some])),
            [of_first, "driverFolders[2] twice"]
        );
        assert_eq!(
            told(serde_json::json!([1, none, ""])),
            [
                "driverFolders[0] string",
                "driverFolders[1] driver",
                "driverFolders[2] empty"
            ]
        );
    }

    /// The promise of the project: whatever is wrong is told at once.
    #[test]
    fn an_iso_that_cannot_be_read_hides_no_problem_of_the_spec() {
        let spec = br#"{"schema": "lucarne.spec/1", "name": "a b", "tpm": 1, "timeZone": "UT",
            "windowsIso": "/nowhere/win.iso", "virtioWinIso": "/dev/null"}"#;
        let failure = plan(spec, Given::default(), Missing::Fails).expect_err("is wrong");
        let Failure::Spec(problems) = failure else {
            panic!("{failure}");
        };
        let places: Vec<_> = problems.0.iter().map(|problem| &*problem.at).collect();
        let wanted = ["name", "timeZone", "tpm", "virtioWinIso", "windowsIso"];
        assert_eq!(places, wanted, "{problems}");
        let spec = br#"{"schema": "lucarne.spec/1", "name": "a", "disk": {"bus": "nvme"}}"#;
        let failure = plan(spec, Given::default(), Missing::Fails).expect_err("is wrong");
        assert!(
            failure.to_string().starts_with("windowsIso: is not given"),
            "{failure}"
        );
    }
}
