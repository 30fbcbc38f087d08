//! What will be run: the spec checked against the image's manifest. Every rule and every default
//! is here, and nothing after it re-checks.

mod devices;
mod disks;
mod guest;
mod hardware;
mod network;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::spec::{self, Readiness, Reset, SCHEMA, Spec};
use crate::machine::run::Devices;
use crate::manifest::Manifest;
use crate::plan::Findings;
use crate::problem::{Problem, Problems, operand};
use crate::spec::Shaped;

pub use disks::DataDisk;
pub use guest::{Account, Certificate, Guest, Identity, Source};
pub use hardware::{Hardware, Tpm};

/// Socket paths are bounded, and the name is a part of them.
const NAME_MAX: usize = 40;
/// What the shutdown may take: a day.
const SHUTDOWN_SEC_MAX: u64 = 24 * 3600;
/// More than a person would write.
const EXTRA_ARGS_MAX: usize = 64;
const EXTRA_ARG_BYTES_MAX: usize = 4096;

/// A machine that runs, decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Always `lucarne.machinePlan/1`.
    pub schema: &'static str,
    pub name: String,
    /// The image's folder.
    pub image: Utf8PathBuf,
    pub hardware: Hardware,
    pub reset: Reset,
    /// What the guest may write to the system disk, in bytes.
    pub system_bytes_max: Option<u64>,
    pub data_disk: Option<DataDisk>,
    pub tpm: Tpm,
    pub devices: Devices,
    pub identity: Option<Identity>,
    pub guest: Guest,
    pub readiness: Readiness,
    /// How long Windows may take to shut down, in seconds.
    pub shutdown_sec: u64,
    /// What is allowed but worth a word.
    #[serde(skip)]
    pub warnings: Vec<Problem>,
}

impl Plan {
    /// The plan for people and tests.
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "never: its keys are strings")]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a plan's keys are strings");
        json + "\n"
    }
}

/// Rules under way.
struct Rules<'a> {
    spec: &'a Spec,
    /// `None` where the image could not be read: what hangs on it is then not checked.
    manifest: Option<&'a Manifest>,
    findings: Findings<'a>,
}

/// Plans what could be read of a spec, or tells every problem that it has. A plan that was made
/// without a manifest is of no use but for its problems.
pub fn check(shaped: &Shaped<Spec>, manifest: Option<&Manifest>) -> Result<Plan, Problems> {
    let mut rules = Rules {
        spec: &shaped.spec,
        manifest,
        findings: Findings::new(&shaped.problems),
    };
    let plan = rules.plan();
    let warnings = rules.findings.end(&shaped.problems)?;
    Ok(Plan { warnings, ..plan })
}

impl Rules<'_> {
    fn problem(&mut self, at: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.findings.problem(Problem::new(at, what).hint(hint));
    }

    /// The elements of a list with their paths, as many as there may be; more are a problem.
    fn elements<'s, S>(&mut self, at: &str, said: &'s [S], most: usize) -> Vec<(&'s S, String)> {
        if said.len() > most {
            let what = format!("has {} entries, more than {most}", said.len());
            self.problem(at, what, "leave some out");
        }
        let said = &said[..said.len().min(most)];
        let paths = self.findings.elements(at, said.len());
        said.iter().zip(paths).collect()
    }

    /// Something that is allowed but worth a word.
    fn warn(&mut self, at: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.findings.warn(Problem::new(at, what).hint(hint));
    }

    fn plan(&mut self) -> Plan {
        self.schema();
        let spec = self.spec;
        let guest = guest::guest(self);
        Plan {
            schema: "lucarne.machinePlan/1",
            name: self.name(),
            image: self.image(),
            hardware: hardware::hardware(self),
            reset: spec.reset.unwrap_or(Reset::OnStart),
            system_bytes_max: disks::system(self),
            tpm: hardware::tpm(self),
            devices: devices::devices(self),
            data_disk: disks::data(self),
            identity: guest::identity(self),
            guest,
            readiness: spec.readiness.unwrap_or(Readiness::Guest),
            shutdown_sec: self.shutdown(),
            warnings: Vec::new(),
        }
    }

    fn schema(&mut self) {
        let schema = &self.spec.schema;
        if schema != SCHEMA {
            let what = format!("{} is not a schema known here", operand(schema));
            let hint = format!(
                "this version of lucarne reads `{SCHEMA}` for a machine; take the Nix half and \
                 the program from one commit"
            );
            self.problem("schema", what, hint);
        }
    }

    /// The machine's name, which is part of paths and of socket names.
    fn name(&mut self) -> String {
        let name = &self.spec.name;
        let hint = format!("1 to {NAME_MAX} of `a` to `z`, `0` to `9` and `-` make a name");
        if let Some(what) = wrong_name(name) {
            self.problem("name", what, hint);
        }
        name.clone()
    }

    fn image(&mut self) -> Utf8PathBuf {
        let image = &self.spec.image;
        self.absolute("image", image);
        image.into()
    }

    /// A problem where a path of the host's cannot be one.
    fn absolute(&mut self, at: &str, path: &str) {
        let hint = "write it from the root on, such as `/srv/windows`";
        if !path.starts_with('/') {
            let what = format!("{} is no absolute path", operand(path));
            self.problem(at, what, hint);
        } else if path.chars().any(char::is_control) || path.len() > 4095 {
            let what = format!("{} cannot be a path", operand(path));
            self.problem(at, what, hint);
        }
    }

    /// A problem where a unit of systemd's cannot bind an absolute path (`BindPaths=`,
    /// systemd.exec(5)): `:` parts two of them there, what is not written plainly is ignored, and
    /// quotation marks and `\` are its syntax, which systemd 257 itself loses its way in when it
    /// hands them to the process that starts a service. Whether it can.
    fn bindable(&mut self, at: &str, path: &str, hint: &str) -> bool {
        let Some(below) = path.strip_prefix('/') else {
            return false;
        };
        let what = odd(below).map(|odd| {
            let path = operand(path);
            format!("{path} is not written plainly: it has {odd} in it")
        });
        let is_plain = what.is_none();
        if let Some(what) = what {
            self.problem(at, what, hint);
        }
        is_plain
    }

    fn shutdown(&mut self) -> u64 {
        let sec = self.spec.shutdown_timeout_sec.unwrap_or(120);
        if !(1..=SHUTDOWN_SEC_MAX).contains(&sec) {
            let what = format!("{sec} s is not from 1 to {SHUTDOWN_SEC_MAX} s");
            let hint = "120 are right for most; what is not off by then loses its power";
            self.problem("shutdownTimeoutSec", what, hint);
        }
        sec
    }

    fn extra_qemu_args(&mut self) -> Vec<String> {
        let at = "extraQemuArgs";
        let said = self.spec.extra_qemu_args.clone().unwrap_or_default();
        if said.len() > EXTRA_ARGS_MAX {
            let what = format!("has {} arguments, more than {EXTRA_ARGS_MAX}", said.len());
            self.problem(at, what, "leave some out");
        }
        let paths = self.findings.elements(at, said.len().min(EXTRA_ARGS_MAX));
        for (arg, at) in said.iter().zip(paths) {
            if arg.contains('\0') || arg.len() > EXTRA_ARG_BYTES_MAX {
                let hint = format!("an argument has at most {EXTRA_ARG_BYTES_MAX} bytes");
                self.problem(&at, "cannot be an argument", hint);
            } else if arg.trim_start_matches('-') == "daemonize" {
                let what = "lets QEMU run on when nobody watches over it";
                self.problem(&at, what, "leave it out: a service runs in the foreground");
            }
        }
        said
    }

    /// A problem where a text cannot be a credential's name.
    fn credential(&mut self, at: &str, name: &str) {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty() || name.len() > 255 || name.starts_with('.') || !name.chars().all(fits) {
            let what = format!("{} is no name of a credential", operand(name));
            let hint = "a credential is a file by its name: letters, digits and `-._`";
            self.problem(at, what, hint);
        }
    }
}

/// What is wrong with a machine's name.
#[must_use]
pub fn wrong_name(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if name.len() > NAME_MAX {
        Some(format!("has {} bytes, more than {NAME_MAX}", name.len()))
    } else if name.starts_with('-') {
        Some(format!("{} begins with `-`", operand(name)))
    } else if let Some(bad) = name.chars().find(|c| !fits(*c)) {
        let bad = operand(&bad.to_string());
        Some(format!("{} has {bad}", operand(name)))
    } else {
        None
    }
}

/// What of a path from the root on is not written plainly.
fn odd(below: &str) -> Option<String> {
    let signs = [':', '"', '\'', '\\'].into_iter();
    let signs = signs.filter(|sign| below.contains(*sign));
    let names = [".", "..", ""].into_iter();
    let names = names.filter(|name| below.split('/').any(|part| part == *name));
    let names = names.map(|name| match name {
        "" => "an empty name".to_owned(),
        name => format!("`{name}`"),
    });
    let found: Vec<_> = signs.map(|sign| format!("`{sign}`")).chain(names).collect();
    (!found.is_empty()).then(|| found.join(" and "))
}

/// What a drive letter is, in a capital, or what is wrong with it. A to C are Windows' own.
fn letter(text: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (chars.next().map(|c| c.to_ascii_uppercase()), chars.next()) {
        (Some(letter @ 'D'..='Z'), None) => Ok(letter),
        _ => Err(format!("{} is no letter from D to Z", operand(text))),
    }
}
