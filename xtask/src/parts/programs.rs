//! Our own programs, built by the machine's cargo and run in the tool root.
//!
//! They are linked statically: the machine's C library may be another one than the tool root's,
//! and the Nix sandbox has to hold nothing for them. The dev profile builds in a quarter of the
//! time that release takes, and QEMU is what an install waits for.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::{enter, root};

/// Named, so that the flags below are not used for build scripts and macros, which can't be static.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The command line.
pub(crate) fn lucarne() -> Result<Utf8PathBuf> {
    let program = folder("", "debug")?.join("lucarne");
    if !program.exists() {
        eprintln!("building lucarne (some minutes, once)");
    }
    build("Cargo.toml", "dev", &["--bin", "lucarne"])?;
    Ok(program)
}

/// The command line in `out`, linked with the C library of whoever runs it, so that another library
/// can come before that one.
///
/// All but the last step is shared with [`lucarne`]: how the C library is linked is decided when a
/// program is, and not when the crates in it are compiled.
pub(crate) fn lucarne_linked(out: &Utf8Path) -> Result<Utf8PathBuf> {
    let said = build("Cargo.toml", "dev", &["--bin", "lucarne"])?;
    let crates = folder("", "debug")?.join("deps");
    let library = crates.join(library(&said).context("cargo built no library `lucarne`")?);
    let macros = target("")?.join("debug/deps");
    let program = out.join("lucarne");
    let linked = Command::new("rustc")
        .args(["--edition", "2024", "--target", TARGET])
        .args(["-C", "target-feature=-crt-static"])
        // Its own crates, and the macros that they were made with.
        .args(["-L", &format!("dependency={crates}")])
        .args(["-L", &format!("dependency={macros}")])
        .args(["--extern", &format!("lucarne={library}")])
        .args(["-o", program.as_str(), "src/bin/lucarne.rs"])
        .current_dir(root::repository())
        .output()
        .context("cannot start rustc")?;
    ensure!(
        linked.status.success(),
        "cannot link lucarne\n{}",
        String::from_utf8_lossy(&linked.stderr)
    );
    Ok(program)
}

/// The file name of the library that the command line is a door to, by what cargo said of it: of
/// the two that there are, for the builder has fewer features.
fn library(said: &str) -> Option<String> {
    let artifacts = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut libraries = artifacts.filter(|artifact: &Value| {
        let target = &artifact["target"];
        target["name"] == "lucarne" && target["kind"][0] == "lib"
    });
    let library = libraries.next()?;
    let files = library["filenames"].as_array()?.iter();
    let mut names = files.filter_map(|file| Utf8Path::new(file.as_str()?).file_stem());
    // `liblucarne` is a second name of whichever was built last.
    let name = names.find(|name| name.starts_with("liblucarne-"))?;
    Some(format!("{name}.rlib"))
}

/// The builder that derivations name, with the features that its package has.
pub(crate) fn builder() -> Result<Utf8PathBuf> {
    build(
        "Cargo.toml",
        "dev",
        &["--no-default-features", "--bin", "lucarne-builder"],
    )?;
    Ok(folder("", "debug")?.join("lucarne-builder"))
}

/// A program of `examples/`: a part of the helper that no command reaches by itself.
pub(crate) fn example(name: &str) -> Result<Utf8PathBuf> {
    build("Cargo.toml", "dev", &["--example", name])?;
    Ok(folder("", "debug")?.join("examples").join(name))
}

/// The command line and the two examples as a user has them.
pub(crate) struct Release {
    pub(crate) lucarne: Utf8PathBuf,
    pub(crate) overlay: Utf8PathBuf,
    pub(crate) seal: Utf8PathBuf,
}

pub(crate) fn release() -> Result<Release> {
    let examples = ["--example", "overlay", "--example", "seal"];
    build(
        "Cargo.toml",
        "release",
        &[&["--bin", "lucarne"], &examples[..]].concat(),
    )?;
    let folder = folder("", "release")?;
    Ok(Release {
        lucarne: folder.join("lucarne"),
        overlay: folder.join("examples/overlay"),
        seal: folder.join("examples/seal"),
    })
}

/// What makes stand-in ISOs, with the program beside it that they start.
pub(crate) fn standin() -> Result<(Utf8PathBuf, Utf8PathBuf)> {
    let folder = folder("tests/standin", "image")?;
    let program = folder.join("lucarne-standin");
    if !program.exists() {
        eprintln!("building the stand-in (some minutes, once)");
    }
    build("tests/standin/Cargo.toml", "image", &["--bins"])?;
    Ok((program, folder.join("lucarne-standin-init")))
}

/// What cargo said of it, an object a line.
fn build(manifest: &str, profile: &str, what: &[&str]) -> Result<String> {
    let manifest = root::repository().join(manifest);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--profile", profile]);
    cargo.arg("--message-format=json-render-diagnostics");
    cargo
        .args(["--manifest-path", manifest.as_str()])
        .args(what);
    statically(&mut cargo);
    let built = cargo.output().context("cannot start cargo")?;
    ensure!(
        built.status.success(),
        "cannot build {} of `{manifest}`\n{}",
        what.join(" "),
        String::from_utf8_lossy(&built.stderr)
    );
    Ok(String::from_utf8_lossy(&built.stdout).into_owned())
}

/// Has cargo link what it builds statically.
pub(crate) fn statically(cargo: &mut Command) {
    cargo.args(["--target", TARGET]);
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static");
}

/// Where cargo puts what it builds.
fn folder(workspace: &str, profile: &str) -> Result<Utf8PathBuf> {
    Ok(target(workspace)?.join(TARGET).join(profile))
}

/// Cargo's folder of a workspace.
fn target(workspace: &str) -> Result<Utf8PathBuf> {
    let own = root::repository().join(workspace).join("target");
    enter::absolute(&env::var("CARGO_TARGET_DIR").map_or(own, Utf8PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_the_one_that_cargo_named() {
        // An object a line: the long one is cut here alone.
        let said = r#"{"reason":"compiler-artifact","target":{"name":"clap","kind":["lib"]}}
warning: not JSON
{"target":{"name":"lucarne","kind":["bin"]},"filenames":["/t/debug/lucarne"]}
{"target":{"name":"lucarne","kind":["lib"]},
 "filenames":["/t/debug/liblucarne.rlib","/t/debug/deps/liblucarne-0a1b.rmeta"]}
{"reason":"build-finished","success":true}"#;
        let said = said.replace("},\n ", "},");
        assert_eq!(library(&said).as_deref(), Some("liblucarne-0a1b.rlib"));
        assert_eq!(library("{}"), None);
    }
}
