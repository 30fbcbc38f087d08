//! The guest program, built for Windows in the tool root: once for each state of its source.
//!
//! Debian's compiler has no standard library for Windows' target, so that is built from its source
//! too, and so are the two objects that a program of this target begins and ends with. Crates come
//! from the machine's cargo, and inside nothing is fetched.

use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use super::{kept, name_of};
use crate::root::Root;
use crate::{enter, root};

/// The one target whose linker Debian has.
const TARGET: &str = "x86_64-pc-windows-gnu";

/// Where `rust-src` lies in the tool root.
const LIBRARY: &str = "usr/lib/rustlib/src/rust/library";

/// Counted up when the way below changes.
const VERSION: u32 = 1;

/// What is built.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    /// `lucarne-guest.exe`.
    pub(crate) program: Utf8PathBuf,
    /// What the checks under Wine let it run: a program that does as it is told.
    pub(crate) probe: Utf8PathBuf,
}

/// Builds it, where this source was not built yet.
pub(crate) fn guest() -> Result<Guest> {
    let tools = root::ensure()?;
    let folder = kept("guest", source_hash()?, |folder| {
        let place = folder.parent().context("a folder of the cache")?;
        // All sources share cargo's folder, the crates and the two objects.
        let lock = fs::File::create(place.join("lock"))?;
        flock(&lock, FlockOperation::LockExclusive)?;
        eprintln!("building the guest program (some minutes, once)");
        build(&tools, place, folder)
    })?;
    Ok(Guest {
        program: folder.join("lucarne-guest.exe"),
        probe: folder.join("probe.exe"),
    })
}

/// All that the program is made of.
fn source_hash() -> Result<Sha256> {
    let repository = root::repository();
    let mut hash = Sha256::new();
    hash.update(format!("{VERSION} {}", root::folder()));
    for folder in ["guest", "protocol"] {
        for file in files(&repository.join(folder))? {
            let name = file.strip_prefix(&repository)?;
            let bytes = fs::read(&file).with_context(|| format!("cannot read `{file}`"))?;
            hash.update(format!("\n{name} {}\n", bytes.len()));
            hash.update(bytes);
        }
    }
    Ok(hash)
}

/// Every file below, in the order of their names, without what cargo makes.
pub(crate) fn files(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut found = Vec::new();
    for entry in folder
        .read_dir_utf8()
        .with_context(|| format!("cannot list `{folder}`"))?
    {
        let path = entry?.into_path();
        if !path.is_dir() {
            found.push(path);
        } else if path.file_name() != Some("target") {
            found.extend(files(&path)?);
        }
    }
    // As texts: paths compare part by part, and others make this order too.
    found.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    Ok(found)
}

fn build(tools: &Root, place: &Utf8Path, out: &Utf8Path) -> Result<()> {
    let vendor = vendor(tools, place)?;
    let start = start_objects(tools, place)?;
    let target = place.join("target");
    let manifest = root::repository().join("guest/Cargo.toml");
    let replaced = [
        "source.crates-io.replace-with=\"vendored\"".to_owned(),
        format!("source.vendored.directory=\"{vendor}\""),
    ];
    let mut inner: Vec<String> = [
        "cargo",
        "build",
        "--quiet",
        "--release",
        "--offline",
        "--locked",
    ]
    .map(str::to_owned)
    .into();
    inner.extend(["--target", TARGET, "-Zbuild-std=std,panic_abort"].map(str::to_owned));
    inner.extend(["--bins", "--examples", "--manifest-path", manifest.as_str()].map(str::to_owned));
    for line in replaced {
        inner.extend(["--config".to_owned(), line]);
    }
    let mut cargo = enter::command(tools, &[], &inner)?;
    cargo.envs([
        // The standard library is built by a stable compiler.
        ("RUSTC_BOOTSTRAP", "1"),
        ("CARGO_TARGET_DIR", target.as_str()),
        ("CARGO_HOME", place.join("home").as_str()),
        // Not split at blanks: the cache may lie below a folder with one in its name.
        ("CARGO_ENCODED_RUSTFLAGS", &format!("-Lnative={start}")),
    ]);
    run(cargo, "build the guest program")?;
    let made = target.join(TARGET).join("release");
    for (from, to) in [
        ("lucarne-guest.exe", "lucarne-guest.exe"),
        ("examples/probe.exe", "probe.exe"),
    ] {
        fs::copy(made.join(from), out.join(to)).with_context(|| format!("cannot copy `{from}`"))?;
    }
    Ok(())
}

/// The crates of the program and of the standard library, fetched by the machine's cargo.
fn vendor(tools: &Root, place: &Utf8Path) -> Result<Utf8PathBuf> {
    let manifest = root::repository().join("guest/Cargo.toml");
    let library = tools.tree.join(LIBRARY);
    let mut hash = Sha256::new();
    for lock in [
        root::repository().join("guest/Cargo.lock"),
        library.join("Cargo.lock"),
    ] {
        hash.update(fs::read(&lock).with_context(|| format!("cannot read `{lock}`"))?);
    }
    let name = name_of(hash);
    let folder = place.join(format!("vendor-{name}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    let part = place.join("vendor.part");
    if part.exists() {
        fs::remove_dir_all(&part).with_context(|| format!("cannot remove `{part}`"))?;
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["vendor", "--quiet", "--locked", "--manifest-path"]);
    cargo
        .arg(&manifest)
        .arg("--sync")
        .arg(library.join("Cargo.toml"))
        .arg(&part);
    // The library's manifests use what stable cargo does not know.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    run(cargo, "fetch the guest program's crates")?;
    fs::rename(&part, &folder).with_context(|| format!("cannot rename `{part}`"))?;
    Ok(folder)
}

/// `rsbegin.o` and `rsend.o`, which the linker is given first and last.
fn start_objects(tools: &Root, place: &Utf8Path) -> Result<Utf8PathBuf> {
    let folder = place.join(format!("start-{}", root::folder()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    for name in ["rsbegin", "rsend"] {
        let object = folder.join(format!("{name}.o"));
        if object.exists() {
            continue;
        }
        let part = folder.join(format!("{name}.part"));
        let source = format!("/{LIBRARY}/rtstartup/{name}.rs");
        let inner = [
            "rustc",
            "--target",
            TARGET,
            "--emit=obj",
            "-o",
            part.as_str(),
            &source,
        ];
        let mut rustc = enter::command(tools, &[], &inner.map(str::to_owned))?;
        rustc.env("RUSTC_BOOTSTRAP", "1");
        run(
            rustc,
            "compile what a program of Windows' target begins with",
        )?;
        fs::rename(&part, &object).with_context(|| format!("cannot rename `{part}`"))?;
    }
    Ok(folder)
}

fn run(mut command: Command, what: &str) -> Result<()> {
    let ran = command.output().with_context(|| format!("cannot {what}"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success(), "cannot {what}\n{said}");
    Ok(())
}
