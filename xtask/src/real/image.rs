//! The image, installed in the sandbox: which programs ran, and what came out.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::nix_build::{Subject, references, remove};
use super::raw::{Part, raw_of};
use super::schema;
use crate::demo;
use crate::parts;
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "image/nix",
    shows: "the image builds in the sandbox, by named tools alone, refers to nothing, and has its \
                drivers",
    run: sandbox,
}];

const LIMIT: Duration = Duration::from_secs(900);

/// In the order in which an install goes through them.
const PHASES: &[&str] = &[
    "firmware",
    "windowsPE",
    "specialize",
    "steps",
    "settle",
    "seal",
];

fn sandbox(context: &Context) -> Result<Outcome> {
    let subject = Subject::new(context)?;
    let image = subject.output(context, "outPath")?;
    remove(context, &image)?;
    let trace = context.folder.join("execve");
    let ran = context.inside(
        LIMIT,
        &[
            "strace",
            "--follow-forks",
            "--seccomp-bpf",
            "--quiet=all",
            "--trace=execve,execveat",
            // A file for each process: in one, a call would be torn by another process's.
            "--output-separately",
            "--output",
            trace.as_str(),
            "nix",
            "build",
            "--no-link",
            "--print-build-logs",
            "--file",
            subject.file.as_str(),
        ],
    )?;
    ensure!(
        ran.code == 0,
        "`nix build` of the image ended with {}",
        ran.code
    );
    named_tools_alone(&calls(context)?)?;
    let mut rest = ran.stderr.as_str();
    for phase in PHASES {
        let at = rest
            .find(&format!("phase `{phase}`"))
            .with_context(|| format!("the log lacks the phase `{phase}`"))?;
        rest = &rest[at..];
    }

    percentages(&context.read(LIMIT, &["nix", "log", &image])?)?;

    let found = references(context, &image)?;
    ensure!(found.is_empty(), "the image refers to {found:?}");
    let names = context.read(LIMIT, &["ls", &image])?;
    let names: Vec<&str> = names.split_whitespace().collect();
    ensure!(
        names == ["code.fd", "disk.qcow2", "manifest.json", "vars.fd"],
        "it holds {names:?}"
    );
    let manifest = context.read(LIMIT, &["cat", &format!("{image}/manifest.json")])?;
    let manifest: Value = serde_json::from_str(&manifest).context("the manifest is not JSON")?;
    ensure!(
        manifest["name"] == "check",
        "the manifest is another image's"
    );
    ensure!(
        !manifest.to_string().contains("/nix/store"),
        "the manifest holds a store path"
    );
    let lucarne = parts::lucarne()?;
    let schema = context.read(LIMIT, &[lucarne.as_str(), "schema", "manifest"])?;
    schema::check(&schema, [&manifest])?;
    drivers(context, &format!("{image}/disk.qcow2"), &manifest)?;
    Ok(Outcome::Passed)
}

/// What the installed Windows has in its driver store, by the names of the INFs: all that the
/// stand-in's virtio-win has, those of Setup and those that came later.
const DRIVERS: &[&str] = &[
    "balloon",
    "netkvm",
    "pvpanic",
    "pvpanic-pci",
    "viofs",
    "viogpudo",
    "vioinput",
    "viorng",
    "vioscsi",
    "vioser",
    "viostor",
];

/// Reads the sealed disk's driver store, by programs of others.
fn drivers(context: &Context, disk: &str, manifest: &Value) -> Result<()> {
    let raw = raw_of(context, disk.into(), Some(Part::of_windows(manifest)?))?;
    let store = "/Windows/System32/DriverStore/FileRepository";
    let names = context.read(LIMIT, &["ntfsls", "--force", "--path", store, raw.as_str()])?;
    fs::remove_file(&raw).with_context(|| format!("cannot remove `{raw}`"))?;
    let found: BTreeSet<&str> = names
        .lines()
        .filter_map(|name| name.split_once(".inf_amd64_"))
        .map(|(driver, _)| driver)
        .collect();
    let wanted: BTreeSet<&str> = DRIVERS.iter().copied().collect();
    ensure!(found == wanted, "the driver store holds {found:?}");
    Ok(())
}

/// The log keeps the lines that told Nix the phase: one of them says how much was copied.
fn percentages(log: &str) -> Result<()> {
    let mut phases = Vec::new();
    for line in log.lines().filter_map(|line| line.strip_prefix("@nix ")) {
        let message: Value = serde_json::from_str(line).context("a message that is not JSON")?;
        ensure!(message["action"] == "setPhase", "the message {message}");
        phases.push(message["phase"].as_str().unwrap_or_default().to_owned());
    }
    let copies =
        |phase: &&String| phase.starts_with("windowsPE: copying files ") && phase.ends_with('%');
    ensure!(
        phases.iter().any(|phase| copies(&phase)),
        "no phase has a percentage: {phases:?}"
    );
    ensure!(
        phases.windows(2).all(|pair| pair[0] != pair[1]),
        "a phase was told twice: {phases:?}"
    );
    Ok(())
}

/// The lines of all processes' traces.
fn calls(context: &Context) -> Result<String> {
    let mut lines = String::new();
    for entry in fs::read_dir(&context.folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("execve.") {
            lines += &fs::read_to_string(entry.path())?;
        }
    }
    Ok(lines)
}

/// Every program that was started, but Nix itself, is a tool that the derivation names.
fn named_tools_alone(trace: &str) -> Result<()> {
    let tools = demo::tools("");
    let tools: BTreeSet<&str> = tools
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, path)| path.as_str())
        .collect();
    let started = started(trace);
    let other: Vec<&&str> = started
        .iter()
        .filter(|path| !tools.contains(**path) && !is_ours(path) && !is_nix(path))
        .collect();
    ensure!(
        other.is_empty(),
        "programs were started that nobody named: {other:?}"
    );
    for path in [
        "/usr/bin/qemu-system-x86_64",
        "/usr/bin/qemu-img",
        "/usr/bin/swtpm",
    ] {
        ensure!(
            started.contains(path),
            "`{path}` was not seen, so the trace is not whole"
        );
    }
    Ok(())
}

/// `/proc/self/exe` is the helper starting itself as the guard of a child.
fn is_ours(path: &str) -> bool {
    path == "/proc/self/exe"
        || (path.starts_with("/nix/store/") && path.ends_with("-lucarne-builder"))
}

fn is_nix(path: &str) -> bool {
    matches!(path, "/usr/bin/nix" | "/usr/bin/nix-build")
}

/// The programs of the calls that succeeded, of lines such as `execve("/bin/x", ["x"], …) = 0`.
fn started(trace: &str) -> BTreeSet<&str> {
    let mut programs = BTreeSet::new();
    for line in trace.lines().filter(|line| line.ends_with(" = 0")) {
        if let Some((_, rest)) = line.split_once("execve")
            && let Some(path) = rest.split('"').nth(1)
        {
            programs.insert(path);
        }
    }
    programs
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
7 execve(\"/usr/bin/nix\", [\"nix\"], 0x7f /* 9 vars */) = 0
8 execve(\"/nix/store/x-lucarne-builder\", [\"b\", \"image\"], 0x7f) = 0
9 execve(\"/usr/bin/swtpm\", [\"swtpm\"], 0x7f) = 0
10 execve(\"/usr/bin/qemu-img\", [\"qemu-img\"], 0x7f) = 0
11 execve(\"/usr/bin/qemu-system-x86_64\", [\"qemu\"], 0x7f) = 0
12 execve(\"/usr/local/bin/none\", [\"none\"], 0x7f) = -1 ENOENT (No such file or directory)
";

    #[test]
    fn a_program_that_nobody_named_is_told() {
        named_tools_alone(TRACE).expect("all are named");
        let shell = format!("{TRACE}13 execve(\"/bin/sh\", [\"sh\"], 0x7f) = 0\n");
        let error = named_tools_alone(&shell).expect_err("a shell is no tool");
        assert!(error.to_string().contains("/bin/sh"), "{error}");
    }

    #[test]
    fn phases_without_percentages_are_told() {
        let phase = |name: &str| format!("@nix {{\"action\":\"setPhase\",\"phase\":\"{name}\"}}\n");
        let log = phase("windowsPE") + "words\n" + &phase("windowsPE: copying files 43%");
        percentages(&log).expect("one has a percentage");
        percentages(&phase("windowsPE")).expect_err("none has");
        percentages(&log[..log.len() - 3]).expect_err("half a message");
        percentages(&log.replace(": copying files 43%", "")).expect_err("one is told twice");
    }

    #[test]
    fn an_empty_trace_proves_nothing() {
        named_tools_alone("").expect_err("QEMU must be in it");
    }
}
