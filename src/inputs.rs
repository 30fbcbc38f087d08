//! What a plan is made from: a spec's bytes, and the ISOs that it or the command line names.
//!
//! The command line and the builder both come here, so that `lucarne install` and a derivation
//! plan alike.

use std::io::ErrorKind;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::failure::Failure;
use crate::nix_log;
use crate::plan::{self, Facts, Plan};
use crate::problem::{Problem, Problems};
use crate::spec::{self, Spec};
use crate::virtio_win::{self, VirtioWin};
use crate::windows_iso::{self, WindowsIso};

/// ISOs in the place of those that the spec names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    pub iso: Option<&'a Utf8Path>,
    pub virtio_win: Option<&'a Utf8Path>,
}

/// What to do about an ISO that the spec names and that is not there. One that the command line
/// names must always be.
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

/// Reads the ISOs and plans. Warnings are told on stderr.
pub fn plan(spec: &[u8], given: Given<'_>, missing: Missing) -> Result<Planned, Failure> {
    let shaped = spec::shape(spec)?;
    let windows = Iso {
        option: "windowsIso",
        given: given.iso,
        named: shaped.spec.windows_iso.as_deref(),
    }
    .read(missing, windows_iso::read)?;
    let virtio_win = Iso {
        option: "virtioWinIso",
        given: given.virtio_win,
        named: shaped.spec.virtio_win_iso.as_deref(),
    }
    .read(missing, virtio_win::read)?;
    let facts = Facts {
        windows: windows.as_ref().map(|(_, facts)| facts),
        virtio_win: virtio_win.as_ref().map(|(_, facts)| facts),
    };
    let mut planned = plan::check(&shaped, &facts);
    if missing == Missing::Fails && windows.is_none() {
        let problem = Problem::new("windowsIso", "is not given")
            .hint("`utils.windowsIso` makes one in Nix, `--iso` names one on the command line");
        let others = planned.err().unwrap_or_default().0;
        planned = Err(Problems([vec![problem], others].concat()));
    }
    let plan = planned?;
    for warning in &plan.warnings {
        nix_log::say(&format!("warning: {warning}"));
    }
    Ok(Planned {
        spec: shaped.spec,
        plan,
        windows,
        virtio_win,
    })
}

/// One of the two ISOs, as it was asked for.
struct Iso<'a> {
    option: &'static str,
    given: Option<&'a Utf8Path>,
    named: Option<&'a str>,
}

impl Iso<'_> {
    fn read<T>(
        &self,
        missing: Missing,
        read: impl FnOnce(&Utf8Path) -> anyhow::Result<T>,
    ) -> Result<Option<(Utf8PathBuf, T)>, Failure> {
        let Some(path) = self.given.or(self.named.map(Utf8Path::new)) else {
            return Ok(None);
        };
        let may_miss = self.given.is_none() && missing == Missing::Warns;
        if may_miss && is_absent(path) {
            nix_log::say(&format!(
                "warning: {}: there is no `{path}`; what hangs on it is not checked",
                self.option
            ));
            return Ok(None);
        }
        let facts = read(path).with_context(|| self.option.to_owned())?;
        Ok(Some((path.to_owned(), facts)))
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
    fn open(path: &Utf8Path) -> anyhow::Result<()> {
        std::fs::File::open(path)?;
        Ok(())
    }

    #[test]
    fn an_absent_iso_of_the_spec_is_missed_only_where_it_is_needed() {
        let absent = iso(None, Some("/nowhere/win.iso"));
        let read = absent.read(Missing::Warns, open).expect("is tolerated");
        assert!(read.is_none());
        let error = absent.read(Missing::Fails, open).expect_err("is needed");
        assert!(error.to_string().starts_with("windowsIso: "), "{error}");
    }

    #[test]
    fn an_absent_iso_of_the_command_line_is_always_missed() {
        let absent = iso(Some("/nowhere/win.iso"), Some("/"));
        assert!(absent.read(Missing::Warns, open).is_err());
    }

    #[test]
    fn the_command_line_wins() {
        let both = iso(Some("/dev/null"), Some("/nowhere/win.iso"));
        let (path, ()) = both
            .read(Missing::Fails, open)
            .expect("is there")
            .expect("is named");
        assert_eq!(path, "/dev/null");
        assert!(
            iso(None, None)
                .read(Missing::Fails, open)
                .expect("is nothing to fail at")
                .is_none()
        );
    }
}
