//! A chain of qcow2, read through QEMU's own NBD server.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::raw::raw_of;
use crate::demo;
use crate::parts;
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "disk/nbd",
    shows: "a chain of qcow2 has the bytes that QEMU says, and its top's own parts are known",
    run: chain,
}];

const LIMIT: Duration = Duration::from_secs(300);

/// Reads a chain with our own client: the hash of its bytes, and the top's own parts. Of a disk
/// that is empty for the most part the bytes count that are not zeros, with their places.
pub(super) fn read(
    context: &Context,
    image: &Utf8Path,
    sparse: bool,
) -> Result<(String, Vec<String>)> {
    let tools = context.folder.join("chain-tools.json");
    fs::write(&tools, demo::tools("/none").to_string())?;
    let program = parts::example("chain")?;
    let files = [&program, &tools, image, context.folder.as_path()];
    let mut command = files.map(Utf8Path::as_str).to_vec();
    command.extend(sparse.then_some("--sparse"));
    let said = context.read(LIMIT, &command)?;
    let mut lines = said.lines().map(str::to_owned);
    let hash = lines.next().context("no hash was printed")?;
    Ok((hash, lines.collect()))
}

/// Makes an image over another, or over nothing, and writes patterns into it.
fn image(
    context: &Context,
    name: &str,
    below: Option<&Utf8Path>,
    writes: &[&str],
) -> Result<Utf8PathBuf> {
    let path = context.folder.join(name);
    let mut create = vec!["qemu-img", "create", "-q", "-f", "qcow2"];
    if let Some(below) = below {
        create.extend(["-F", "qcow2", "-b", below.as_str()]);
    }
    create.push(path.as_str());
    if below.is_none() {
        create.push("1500M");
    }
    context.read(LIMIT, &create)?;
    let mut io = vec!["qemu-io", "-f", "qcow2"];
    for write in writes {
        io.extend(["-c", *write]);
    }
    io.push(path.as_str());
    context.read(LIMIT, &io)?;
    Ok(path)
}

fn chain(context: &Context) -> Result<Outcome> {
    let base = image(
        context,
        "base,1.qcow2",
        None,
        &[
            "write -P 1 0 9M",
            "write -P 2 1G 1M",
            "write -c -P 3 1200M 64k",
        ],
    )?;
    let middle = image(context, "middle.qcow2", Some(&base), &["write -P 4 1M 64k"])?;
    let top = image(
        context,
        "top.qcow2",
        Some(&middle),
        &[
            "write -P 5 2M 128k",
            "write -z 1G 64k",
            "write -P 6 1499M 1M",
        ],
    )?;
    let (hash, own) = read(context, &top, false)?;
    let want = [
        format!("{} {}", 2 << 20, 128 << 10),
        format!("{} {}", 1 << 30, 64 << 10),
        format!("{} {}", 1499 << 20, 1 << 20),
    ];
    ensure!(own == want, "the top's own parts are {own:?}");
    let raw = raw_of(context, &top, None)?;
    let sum = context.read(LIMIT, &["sha256sum", raw.as_str()])?;
    ensure!(sum.starts_with(&hash), "its bytes are others than QEMU's");

    fs::remove_file(&base)?;
    let error = read(context, &top, false)
        .err()
        .context("a chain without its base was read")?;
    context.log(&format!("as it should: {error:#}"))?;
    let log = fs::read_to_string(context.folder.join("log"))?;
    ensure!(
        log.contains("Could not open backing file"),
        "the reason is not QEMU's own"
    );
    Ok(Outcome::Passed)
}
