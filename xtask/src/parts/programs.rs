//! Our own programs, built by the machine's cargo and run in the tool root.
//!
//! They are linked statically: the machine's C library may be another one than the tool root's,
//! and the Nix sandbox has to hold nothing for them. The dev profile builds in a quarter of the
//! time that release takes, and QEMU is what an install waits for.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use camino::Utf8PathBuf;

use crate::{enter, root};

/// Named, so that the flags below are not used for build scripts and macros, which can't be static.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The command line.
pub(crate) fn lucarne() -> Result<Utf8PathBuf> {
    build("Cargo.toml", "dev", &["--bin", "lucarne"])?;
    Ok(folder("", "debug")?.join("lucarne"))
}

/// The command line as cargo's own tests have it: linked with the C library of whoever runs it, so
/// that another library can come before that one.
pub(crate) fn lucarne_linked() -> Result<Utf8PathBuf> {
    let repository = root::repository();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--bin", "lucarne"]);
    cargo.current_dir(&repository);
    let built = cargo.output().context("cannot start cargo")?;
    ensure!(
        built.status.success(),
        "cannot build lucarne\n{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let target = env::var("CARGO_TARGET_DIR").map_or(repository.join("target"), Utf8PathBuf::from);
    Ok(enter::absolute(&target)?.join("debug/lucarne"))
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
    build("tests/standin/Cargo.toml", "image", &["--bins"])?;
    let folder = folder("tests/standin", "image")?;
    Ok((
        folder.join("lucarne-standin"),
        folder.join("lucarne-standin-init"),
    ))
}

fn build(manifest: &str, profile: &str, what: &[&str]) -> Result<()> {
    let manifest = root::repository().join(manifest);
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--profile", profile, "--target", TARGET])
        .args(["--manifest-path", manifest.as_str()])
        .args(what)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .output()
        .context("cannot start cargo")?;
    ensure!(
        built.status.success(),
        "cannot build {} of `{manifest}`\n{}",
        what.join(" "),
        String::from_utf8_lossy(&built.stderr)
    );
    Ok(())
}

/// Where cargo puts what it builds.
fn folder(workspace: &str, profile: &str) -> Result<Utf8PathBuf> {
    let own = root::repository().join(workspace).join("target");
    let target = env::var("CARGO_TARGET_DIR").map_or(own, Utf8PathBuf::from);
    Ok(enter::absolute(&target)?.join(TARGET).join(profile))
}
