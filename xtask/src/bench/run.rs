//! From `lucarne run` to QEMU's start, beside a copy of the image, which is what a service does
//! that has no overlay.
//!
//! QEMU is told to print its version, so that it ends where it would begin: what is measured is
//! everything before that, and the end of the run. The image is a disk of zeros that were written,
//! as large as one of Windows'.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::table::Row;
use super::{Bench, in_turn};
use crate::root;
use crate::test::Context;

/// Of the machine's noise a short run has more.
const MORE_RUNS: usize = 5;
const DISK_BYTES: &str = "10G";
/// The firmware of the tool root, with the field of the manifest that tells each.
const FIRMWARE: [(&str, &str, &str); 2] = [
    (
        "code.fd",
        "codeSha256",
        "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
    ),
    ("vars.fd", "varsSha256", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
];
/// What a run says of a QEMU that told its version and ended.
const ENDED: &str = "QEMU ended without a word (exit status: 0)";
/// The longest that the disk takes to be written.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(600);

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let context = Context::at(bench.empty("run")?);
    let at = |name: &str| context.folder.join(name);
    let image = at("image");
    fs::create_dir(&image)?;
    let mut manifest = manifest()?;
    for (name, sum, from) in FIRMWARE {
        let to = image.join(name);
        context.read(LIMIT, &["cp", from, to.as_str()])?;
        manifest["firmware"][sum] = json!(format!("{:x}", Sha256::digest(fs::read(&to)?)));
    }
    fs::write(image.join("manifest.json"), manifest.to_string())?;
    let disk = image.join("disk.qcow2");
    let head = ["qemu-img", "create", "-q", "-f", "qcow2"];
    let rest = ["-o", "preallocation=full", disk.as_str(), DISK_BYTES];
    context.read(LIMIT, &[&head[..], &rest].concat())?;
    let spec = at("machine.json");
    let machine = json!({
        "schema": "lucarne.machine/1",
        "name": "bench",
        "image": image.as_str(),
        "machine": { "accel": "tcg" },
        "dataDisk": { "sizeGib": 100 },
        "extraQemuArgs": ["-version"],
    });
    fs::write(&spec, machine.to_string())?;

    let copy = at("copy.qcow2");
    let said = at("said");
    let run = format!(
        "{} run {spec} --tools {} 2>>{said}; test $? = 2",
        bench.programs.lucarne, bench.tools
    );
    let folder = |key: &str| format!("{key}={}", at("instance").join(key));
    let places = ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"].map(folder);
    let mut ours = vec!["env"];
    ours.extend(places.iter().map(String::as_str));
    ours.extend(["sh", "-c", &run]);
    let qemu = "qemu-system-x86_64 -version >/dev/null";
    let copied = format!("cp --reflink=never {disk} {copy} && {qemu}");
    let ways: [(&'static str, &[&str]); 3] = [
        ("`lucarne run`, until QEMU starts", &ours),
        ("QEMU by itself", &["sh", "-c", qemu]),
        ("`cp` of 10 GB, then QEMU", &["sh", "-c", &copied]),
    ];
    // The data disk and the TPM are made at the first start of an instance.
    bench.measure(&ours)?;
    let names = ways.map(|(name, _)| name);
    let short = [names[0], names[1]];
    let often = bench.runs * MORE_RUNS;
    let mut row = in_turn("run", often, &short, |way| bench.measure(ways[way].1))?;
    let long = in_turn("run", bench.runs, &names[2..], |_| {
        context.read(LIMIT, &["rm", "-f", copy.as_str()])?;
        bench.measure(ways[2].1)
    })?;
    row.ways.extend(long.ways);
    // A run that ended before QEMU began measures nothing. The version goes to a closed output.
    let said = fs::read_to_string(&said).with_context(|| format!("cannot read `{said}`"))?;
    let count = said.matches(ENDED).count();
    ensure!(
        count == often + 1,
        "QEMU ended {count} of {} runs\n{said}",
        often + 1
    );
    fs::remove_dir_all(&context.folder)?;
    Ok(vec![row])
}

/// An image's, of an installed Windows.
fn manifest() -> Result<Value> {
    let path = root::repository().join("tests/machines/manifest.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    serde_json::from_str(&text).with_context(|| format!("`{path}` is no JSON"))
}
