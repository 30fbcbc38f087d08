//! A machine as a folder that Nix makes: its document, the tools that it runs with, and what
//! microvm.nix's host runs of a machine.
//!
//! That host runs four programs in a machine's folder, as units of its own: `bin/tap-up` and
//! `bin/tap-down` as root, `bin/microvm-run` and `bin/microvm-shutdown` as its user `microvm`. Each
//! is the document itself, below a line that names the command that reads it. What lies in
//! `share/microvm` is read by its command line (microvm.nix, `lib/runner.nix`, 2026-08).

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use anyhow::{Context as _, ensure};
use camino::Utf8Path;
use serde_json::Value;

use super::plan::Plan;
use crate::machine::run::Network;

/// The document's name in the folder, and the tools'.
const MACHINE: &str = "machine.json";
const TOOLS: &str = "tools.json";
/// What Linux takes of a first line: it reads 256 bytes (`BINPRM_BUF_SIZE`, since 5.1), of which
/// one is the line's end.
const FIRST_LINE_MAX: usize = 255;
/// Who runs a machine there.
const USER: &str = "microvm";

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    path: &'static str,
    text: String,
    is_program: bool,
}

/// What a folder is made of.
#[derive(Clone, Copy, Debug)]
pub struct Runner<'a> {
    /// The document, as it was written, and as it was planned.
    pub machine: &'a Value,
    pub plan: &'a Plan,
    /// Tools by path, as `--tools` takes them.
    pub tools: &'a Value,
    /// The program, by the path that it will have.
    pub lucarne: &'a str,
}

impl Runner<'_> {
    /// Writes the folder. `place`: where it will be.
    pub fn write(&self, folder: &Utf8Path, place: &Utf8Path) -> anyhow::Result<()> {
        for entry in self.entries(place)? {
            let path = folder.join(entry.path);
            let cannot = || format!("cannot write `{path}`");
            let parent = path.parent().context("a file is in a folder")?;
            fs::create_dir_all(parent).with_context(cannot)?;
            fs::write(&path, &entry.text).with_context(cannot)?;
            if entry.is_program {
                fs::set_permissions(&path, Permissions::from_mode(0o755)).with_context(cannot)?;
            }
        }
        // What it was made from, which is compared with what is wanted: a runner is all of that.
        let system = folder.join("share/microvm/system");
        symlink(place, &system).with_context(|| format!("cannot make `{system}`"))
    }

    fn entries(&self, place: &Utf8Path) -> anyhow::Result<Vec<Entry>> {
        let tools = place.join(TOOLS);
        let document = format!("{:#}\n", self.machine);
        let file = |path, text: &str| Entry {
            path,
            text: text.to_owned(),
            is_program: false,
        };
        let program = |path, words: String| -> anyhow::Result<Entry> {
            let line = format!("#!{} {words}", self.lucarne);
            ensure!(
                line.len() <= FIRST_LINE_MAX,
                "`{line}` is too long for the first line of a program\n\nhint: give the machine a \
                 shorter name"
            );
            Ok(Entry {
                path,
                text: format!("{line}\n{document}"),
                is_program: true,
            })
        };
        let mut entries = vec![
            file(MACHINE, &document),
            file(TOOLS, &format!("{:#}\n", self.tools)),
            program("bin/microvm-run", format!("run --tools {tools} --below ."))?,
            program("bin/microvm-shutdown", "stop --below .".to_owned())?,
            file("share/microvm/hypervisor", "qemu\n"),
        ];
        if let Network::Tap { name, .. } = &self.plan.devices.network {
            let up = format!("tap up --user {USER} --tools {tools}");
            entries.push(program("bin/tap-up", up)?);
            entries.push(program(
                "bin/tap-down",
                format!("tap down --tools {tools}"),
            )?);
            entries.push(file("share/microvm/tap-interfaces", &format!("{name}\n")));
            entries.push(file("share/microvm/tap-flags", "vnet_hdr\n"));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::{plan, spec};

    const PLACE: &str = "/nix/store/00000000000000000000000000000000-lucarne-machine-office";
    const LUCARNE: &str = "/nix/store/11111111111111111111111111111111-lucarne-0.1.0/bin/lucarne";

    fn machine(network: &str) -> Value {
        let text = format!(
            r#"{{"schema": "lucarne.machine/1", "name": "office", "image": "/i",
                "network": {network}}}"#
        );
        serde_json::from_str(&text).expect("JSON")
    }

    fn planned(machine: &Value) -> Plan {
        let shaped = spec::shape(machine.to_string().as_bytes()).expect("an object");
        plan::check(&shaped, None).expect("a machine")
    }

    fn entries(network: &str) -> Vec<Entry> {
        let machine = machine(network);
        let runner = Runner {
            plan: &planned(&machine),
            machine: &machine,
            tools: &serde_json::json!({ "qemu": "/q" }),
            lucarne: LUCARNE,
        };
        runner.entries(Utf8Path::new(PLACE)).expect("short lines")
    }

    #[test]
    fn a_program_is_the_document_below_what_reads_it() {
        let entries = entries(r#"{"mode": "bridge", "tap": "vm-office", "bridge": "br0"}"#);
        let firsts: Vec<_> = entries
            .iter()
            .filter(|entry| entry.is_program)
            .map(|entry| {
                let (first, rest) = entry.text.split_once('\n').expect("a line");
                let rest: Value = serde_json::from_str(rest).expect("the document");
                assert_eq!(rest["name"], "office", "{}", entry.path);
                format!(
                    "{}: {}",
                    entry.path,
                    first.replace(LUCARNE, "L").replace(PLACE, "P")
                )
            })
            .collect();
        assert_eq!(
            firsts,
            [
                "bin/microvm-run: #!L run --tools P/tools.json --below .",
                "bin/microvm-shutdown: #!L stop --below .",
                "bin/tap-up: #!L tap up --user microvm --tools P/tools.json",
                "bin/tap-down: #!L tap down --tools P/tools.json",
            ]
        );
    }

    #[test]
    fn a_machine_without_a_bridge_has_no_interface() {
        let entries = entries(r#"{"mode": "none"}"#);
        assert!(!entries.iter().any(|entry| entry.path.contains("tap")));
    }

    #[test]
    fn a_line_that_the_kernel_would_cut_is_refused() {
        let machine = machine("{}");
        let entries = |bytes: usize| {
            let rest = format!("#! run --tools {PLACE}/{TOOLS} --below .");
            let runner = Runner {
                plan: &planned(&machine),
                machine: &machine,
                tools: &Value::Null,
                lucarne: &"l".repeat(bytes - rest.len()),
            };
            runner.entries(Utf8Path::new(PLACE))
        };
        entries(255).expect("fits with its end");
        let told = entries(256).expect_err("too long").to_string();
        assert!(told.contains("is too long"), "{told}");
    }

    #[test]
    fn the_folder_is_written() {
        let folder = tempfile::tempdir().expect("the test may write");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let machine = machine("{}");
        let runner = Runner {
            plan: &planned(&machine),
            machine: &machine,
            tools: &serde_json::json!({ "qemu": "/q" }),
            lucarne: LUCARNE,
        };
        runner
            .write(folder, Utf8Path::new(PLACE))
            .expect("writable");
        let mode = |path: &str| {
            let about = fs::metadata(folder.join(path)).expect("is there");
            about.permissions().mode() & 0o111
        };
        assert_eq!((mode("bin/microvm-run"), mode(MACHINE)), (0o111, 0));
        let system = fs::read_link(folder.join("share/microvm/system")).expect("a link");
        assert_eq!(system.to_str(), Some(PLACE));
    }
}
