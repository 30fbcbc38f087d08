//! The programs and firmware files that the helper may use, each as a path; PATH is never read.

use anyhow::{Context as _, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::regular;

/// Where distributions put them: Debian and Ubuntu, then Fedora (the packages qemu-system-x86,
/// qemu-utils or qemu-img, swtpm, wimtools or wimlib-utils, ovmf or edk2-ovmf).
const KNOWN: [(&str, &[&str]); 9] = [
    ("qemu", &["/usr/bin/qemu-system-x86_64"]),
    ("qemuImg", &["/usr/bin/qemu-img"]),
    ("qemuIo", &["/usr/bin/qemu-io"]),
    ("qemuNbd", &["/usr/bin/qemu-nbd"]),
    ("swtpm", &["/usr/bin/swtpm"]),
    ("wimlib", &["/usr/bin/wimlib-imagex"]),
    (
        "code",
        &[
            "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
            "/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd",
        ],
    ),
    (
        "vars",
        &[
            "/usr/share/OVMF/OVMF_VARS_4M.fd",
            "/usr/share/edk2/ovmf/OVMF_VARS.fd",
        ],
    ),
    (
        "varsMs",
        &[
            "/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
            "/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd",
        ],
    ),
];
/// The same of those that only some machines need (Arch, and what older ones had).
const SOMETIMES: [(&str, &[&str]); 2] = [
    (
        "virtiofsd",
        &["/usr/libexec/virtiofsd", "/usr/lib/virtiofsd"],
    ),
    ("ip", &["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"]),
];
/// `lucarne-guest.exe` is no distribution's: it lies beside the program that runs, as `cargo xtask
/// lucarne` puts it, or where our package has it.
const GUEST: [&str; 2] = ["lucarne-guest.exe", "../lib/lucarne/lucarne-guest.exe"];
/// A table of a dozen paths.
const BYTES_MAX: u64 = 64 << 10;

/// Every tool by its path. `nix/tools.nix` writes the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tools {
    /// `qemu-system-x86_64`.
    pub qemu: Utf8PathBuf,
    pub qemu_img: Utf8PathBuf,
    /// Writes the one changed sector into the boot overlay.
    pub qemu_io: Utf8PathBuf,
    /// Serves chains of qcow2 to whoever reads or writes one.
    pub qemu_nbd: Utf8PathBuf,
    pub swtpm: Utf8PathBuf,
    /// `wimlib-imagex`, for files that only `boot.wim` holds.
    pub wimlib: Utf8PathBuf,
    /// OVMF's code, built with Secure Boot and SMM.
    pub code: Utf8PathBuf,
    /// Firmware variables without enrolled keys.
    pub vars: Utf8PathBuf,
    /// Firmware variables with Microsoft's keys enrolled.
    pub vars_ms: Utf8PathBuf,
    /// `lucarne-guest.exe`, where there is one: the stand-in plays it, and no real Windows reports
    /// without it.
    #[serde(default)]
    pub guest: Option<Utf8PathBuf>,
    /// Serves folders of the host's to a machine that runs, where there is one.
    #[serde(default)]
    pub virtiofsd: Option<Utf8PathBuf>,
    /// iproute2's, which makes the interface of a machine on a bridge.
    #[serde(default)]
    pub ip: Option<Utf8PathBuf>,
}

impl Tools {
    /// Reads a table of paths, a JSON file.
    pub fn read(file: &Utf8Path) -> anyhow::Result<Self> {
        serde_json::from_str(&text(file)?).map_err(|error| no_table(file, &error))
    }

    /// Reads one path of a table, which need not have the others, nor this one.
    #[cfg(feature = "cli")]
    pub fn read_one(file: &Utf8Path, name: &str) -> anyhow::Result<Option<Utf8PathBuf>> {
        let wrong = |error| no_table(file, &error);
        let mut table: Map<String, Value> = serde_json::from_str(&text(file)?).map_err(wrong)?;
        let one = table.get(name).and_then(Value::as_str);
        let one = one.map(Utf8PathBuf::from);
        // What it has is judged as in a whole one.
        for (known, _) in KNOWN {
            table.entry(known).or_insert_with(|| "".into());
        }
        let whole: Result<Self, _> = serde_json::from_value(Value::Object(table));
        whole.map_err(wrong)?;
        Ok(one)
    }

    /// Looks where distributions put them.
    pub fn find() -> anyhow::Result<Self> {
        let mut tools = Self::find_below(Utf8Path::new("/"))?;
        tools.guest = guest();
        Ok(tools)
    }

    /// Looks for one of them alone, by its name in the table.
    #[cfg(feature = "cli")]
    pub fn find_one(name: &str) -> anyhow::Result<Utf8PathBuf> {
        let mut all = KNOWN.iter().chain(&SOMETIMES);
        let known = all.find(|(known, _)| *known == name);
        let places = known.map_or(&[][..], |(_, places)| places);
        let mut places = places.iter().map(Utf8PathBuf::from);
        places.find(|place| place.exists()).with_context(|| {
            format!(
                "the tool `{name}` is not where Debian, Ubuntu or Fedora put it\n\nhint: install \
                 it (`lucarne doctor` tells its package), or name a JSON file with its path with \
                 `--tools`: `{{ \"{name}\": \"/…\" }}`"
            )
        })
    }

    fn find_below(root: &Utf8Path) -> anyhow::Result<Self> {
        let mut found = Map::new();
        let mut missing = Vec::new();
        let needed = KNOWN.map(|(name, places)| (name, places, true));
        let others = SOMETIMES.map(|(name, places)| (name, places, false));
        for (name, places, needed) in needed.into_iter().chain(others) {
            let mut places = places
                .iter()
                .map(|place| root.join(place.trim_start_matches('/')));
            match places.find(|place| place.exists()) {
                Some(place) => _ = found.insert(name.to_owned(), Value::from(place.as_str())),
                None if needed => missing.push(name),
                None => {}
            }
        }
        if !missing.is_empty() {
            bail!(
                "the tools {} are not where Debian, Ubuntu or Fedora put them\n\n\
                 hint: install QEMU, OVMF, swtpm and wimlib (Debian: `qemu-system-x86`, \
                 `qemu-utils`, `ovmf`, `swtpm`, `wimtools`), or name a file of all their paths \
                 with `--tools`",
                missing
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            );
        }
        serde_json::from_value(Value::Object(found)).context("a table of tools")
    }
}

/// A table's text.
fn text(file: &Utf8Path) -> anyhow::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    regular::open(file)
        .and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text))
        .with_context(|| format!("cannot read `{file}`"))?;
    Ok(text)
}

fn no_table(file: &Utf8Path, error: &serde_json::Error) -> anyhow::Error {
    anyhow!(
        "`{file}` is no table of tools: {error}\n\nhint: a JSON object of paths: {}",
        KNOWN.map(|(name, _)| format!("`{name}`")).join(", ")
    )
}

/// The guest program that belongs to the program that runs.
fn guest() -> Option<Utf8PathBuf> {
    let own = std::env::current_exe().ok()?;
    guest_of(Utf8Path::from_path(&own)?)
}

fn guest_of(program: &Utf8Path) -> Option<Utf8PathBuf> {
    let folder = program.parent()?;
    let places = GUEST.map(|place| folder.join(place));
    places.into_iter().find(|place| place.exists())
}

/// Whether every install and every machine needs a tool, by its name in the table.
#[cfg(feature = "cli")]
#[must_use]
pub fn is_always_needed(name: &str) -> bool {
    KNOWN.iter().any(|(known, _)| *known == name)
}

/// Every tool's place by its name in the table: those of a table, or those that are found.
#[cfg(feature = "cli")]
#[must_use]
pub fn places(given: Option<&Tools>) -> Vec<(&'static str, Option<Utf8PathBuf>)> {
    let given = given.and_then(|tools| serde_json::to_value(tools).ok());
    let known = KNOWN.iter().chain(&SOMETIMES).map(|(name, _)| *name);
    let place = |name| match &given {
        Some(table) => table[name].as_str().map(Utf8PathBuf::from),
        None if name == "guest" => guest(),
        None => Tools::find_one(name).ok(),
    };
    known
        .chain(["guest"])
        .map(|name| (name, place(name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "cli")]
    #[test]
    fn one_tool_is_read_of_a_table_that_has_it_alone() {
        let folder = tempfile::tempdir().expect("the test may write");
        let file = Utf8Path::from_path(folder.path()).expect("UTF-8").join("t");
        let read = |text: &str| {
            std::fs::write(&file, text).expect("writable");
            let one = Tools::read_one(&file, "qemuImg");
            one.map_err(|error| error.to_string())
        };
        assert_eq!(
            read(r#"{"qemuImg": "/a", "ip": null}"#),
            Ok(Some("/a".into()))
        );
        assert_eq!(read(r#"{"guest": "/g"}"#), Ok(None));
        for (wrong, says) in [
            (
                r#"{"qemuImg": "/a", "qemuimg": "/b"}"#,
                "unknown field `qemuimg`",
            ),
            (r#"{"qemuImg": 1}"#, "invalid type"),
            ("[]", "invalid type"),
            ("", "EOF"),
        ] {
            let told = read(wrong).expect_err("is none");
            assert!(
                told.contains("is no table of tools: ") && told.contains(says),
                "{told}"
            );
        }
    }

    #[test]
    fn the_guest_program_lies_beside_the_program_or_in_its_package() {
        let folder = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let (bin, lib) = (root.join("bin"), root.join("lib/lucarne"));
        let program = bin.join("lucarne");
        for folder in [&bin, &lib] {
            std::fs::create_dir_all(folder).expect("writable");
        }
        assert_eq!(guest_of(&program), None);
        std::fs::write(lib.join("lucarne-guest.exe"), "MZ").expect("writable");
        let packaged = guest_of(&program).expect("it is there");
        assert_eq!(packaged, bin.join("../lib/lucarne/lucarne-guest.exe"));
        std::fs::write(bin.join("lucarne-guest.exe"), "MZ").expect("writable");
        assert_eq!(guest_of(&program), Some(bin.join("lucarne-guest.exe")));
    }

    #[test]
    fn every_missing_tool_is_named_and_a_whole_set_is_found() {
        let folder = tempfile::tempdir().expect("the test may write");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        for (_, places) in KNOWN.iter().skip(1) {
            let place = root.join(places[0].trim_start_matches('/'));
            std::fs::create_dir_all(place.parent().expect("a folder")).expect("writable");
            std::fs::write(place, "").expect("writable");
        }
        let error = Tools::find_below(root).expect_err("no QEMU").to_string();
        assert!(
            error.starts_with("the tools `qemu` are not where"),
            "{error}"
        );
        std::fs::write(root.join("usr/bin/qemu-system-x86_64"), "").expect("writable");
        let tools = Tools::find_below(root).expect("all are there");
        assert_eq!(
            tools.vars_ms,
            root.join("usr/share/OVMF/OVMF_VARS_4M.ms.fd")
        );
        assert_eq!(tools.virtiofsd, None);
        std::fs::create_dir(root.join("usr/libexec")).expect("writable");
        std::fs::write(root.join("usr/libexec/virtiofsd"), "").expect("writable");
        let tools = Tools::find_below(root).expect("all are there");
        assert_eq!(tools.virtiofsd, Some(root.join("usr/libexec/virtiofsd")));
    }
}
