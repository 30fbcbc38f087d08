//! From `lucarne run` to QEMU's start, and a reset before it, beside a copy of the image, which is
//! what a service does that has no overlay.
//!
//! QEMU is told to print its version, so that it ends where it would begin: what is measured is
//! everything before that, and the end of the run. The image is a disk of zeros that were written,
//! as large as one of Windows'.
//!
//! What the helper costs while a machine runs is seen of one whose firmware finds no system: it
//! stays in its own shell, so that QEMU has little to do and the helper nothing to hear.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::measure::Cost;
use super::table::{Row, Way};
use super::{Bench, in_turn};
use crate::room::{self, GIB};
use crate::test::Context;
use crate::watch;
use crate::{enter, root, store};

/// Of the machine's noise a short run has more.
const MORE_RUNS: usize = 5;
const DISK_BYTES: &str = "10G";
const ROOM_BYTES: u64 = 21 * GIB;
/// The firmware of the tool root, with the field of the manifest that tells each.
const FIRMWARE: [(&str, &str, &str); 2] = [
    (
        "code.fd",
        "codeSha256",
        "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
    ),
    ("vars.fd", "varsSha256", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
];
/// What ends QEMU where it would begin.
const ENDS: [&str; 1] = ["-version"];
/// The same, by itself.
const QEMU: &str = "qemu-system-x86_64 -version >/dev/null";
/// What a run says of a QEMU that told its version and ended.
const ENDED: &str = "QEMU ended without a word (exit status: 0)";
/// How long a machine is watched.
const SPAN: Duration = Duration::from_secs(30);
/// The longest that the disk takes to be written.
const LIMIT: Duration = Duration::from_secs(600);

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let context = Context::at(bench.empty("run")?);
    room::ensure(&context.folder, ROOM_BYTES, "an image and a copy of it")?;
    let disk = image(&context, "full")?;
    let rows = vec![
        start(bench, &context, &disk)?,
        reset(bench, &context, &disk)?,
    ];
    fs::remove_dir_all(&context.folder)?;
    Ok(rows)
}

/// What the helper and QEMU cost while a machine runs.
pub(super) fn supervised(bench: &Bench) -> Result<Vec<Row>> {
    let context = Context::at(bench.empty("supervised")?);
    let disk = image(&context, "off")?;
    let machine = Machine::new(bench, &context, "idle", "onStart", &[])?;
    let words = store::words(&machine.words(&machine.run));
    let mut ways = [
        Way::new("`lucarne run`, its CPU time in 30 s"),
        Way::new("its QEMU's, under TCG"),
    ];
    for _ in 0..bench.runs {
        let mut outer = enter::command(&bench.root, &[], &words)?;
        let shares = watch::machine(&mut outer, disk.file_name().unwrap_or_default(), SPAN)?;
        for (way, share) in ways.iter_mut().zip(shares) {
            way.costs.push(Cost {
                seconds: share.cpu_seconds,
                peak_kib: share.peak_kib,
            });
        }
    }
    fs::remove_dir_all(&context.folder)?;
    Ok(vec![Row {
        name: "supervised",
        ways: ways.into(),
    }])
}

/// Makes the image that machines start from: the path of its disk.
fn image(context: &Context, allocated: &str) -> Result<Utf8PathBuf> {
    let image = context.folder.join("image");
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
    let option = format!("preallocation={allocated}");
    let rest = ["-o", &option, disk.as_str(), DISK_BYTES];
    context.read(LIMIT, &[&head[..], &rest].concat())?;
    Ok(disk)
}

/// Starts, each with a new system disk.
fn start(bench: &Bench, context: &Context, disk: &Utf8Path) -> Result<Row> {
    let machine = Machine::new(bench, context, "bench", "onStart", &ENDS)?;
    let ours = machine.words(&machine.run);
    let copy = context.folder.join("copy.qcow2");
    let copied = format!("cp --reflink=never {disk} {copy} && {QEMU}");
    let ways: [(&'static str, &[&str]); 3] = [
        ("`lucarne run`, until QEMU starts", &ours),
        ("QEMU by itself", &["sh", "-c", QEMU]),
        ("`cp` of 10 GB, then QEMU", &["sh", "-c", &copied]),
    ];
    // The data disk and the TPM are made at the first start of an instance.
    bench.measure(&ours)?;
    let names = ways.map(|(name, _)| name);
    let often = bench.runs * MORE_RUNS;
    let mut row = in_turn("run", often, &names[..2], |way| bench.measure(ways[way].1))?;
    let long = in_turn("run", bench.runs, &names[2..], |_| {
        context.read(LIMIT, &["rm", "-f", copy.as_str()])?;
        bench.measure(ways[2].1)
    })?;
    row.ways.extend(long.ways);
    // The other row has a copy of its own.
    context.read(LIMIT, &["rm", "-f", copy.as_str()])?;
    machine.ensure_ended(often + 1)?;
    Ok(row)
}

/// A machine whose C: is kept until somebody says otherwise: back to the image, and started again.
fn reset(bench: &Bench, context: &Context, disk: &Utf8Path) -> Result<Row> {
    let machine = Machine::new(bench, context, "kept", "never", &ENDS)?;
    let ctl = format!(
        "{} ctl kept reset >/dev/null && {}",
        machine.lucarne, machine.run
    );
    let (kept, back) = (machine.words(&machine.run), machine.words(&ctl));
    let copy = context.folder.join("kept.qcow2");
    let copied = format!("rm -f {copy} && cp --reflink=never {disk} {copy} && {QEMU}");
    let ways: [(&'static str, &[&str]); 3] = [
        ("`lucarne ctl reset`, then `lucarne run`", &back),
        ("`lucarne run` of what was kept", &kept),
        ("`rm` and `cp` of 10 GB, then QEMU", &["sh", "-c", &copied]),
    ];
    bench.measure(&kept)?;
    let names = ways.map(|(name, _)| name);
    let often = bench.runs * MORE_RUNS;
    let mut row = in_turn("reset", often, &names[..2], |way| {
        bench.measure(ways[way].1)
    })?;
    let long = in_turn("reset", bench.runs, &names[2..], |_| {
        bench.measure(ways[2].1)
    })?;
    row.ways.extend(long.ways);
    machine.ensure_ended(2 * often + 1)?;
    Ok(row)
}

/// A machine over the image.
struct Machine {
    lucarne: String,
    /// The start, for a shell.
    run: String,
    /// Where it keeps what it has, for `env`.
    places: [String; 3],
    /// What the helper says of all starts.
    said: Utf8PathBuf,
}

impl Machine {
    fn new(
        bench: &Bench,
        context: &Context,
        name: &str,
        reset: &str,
        args: &[&str],
    ) -> Result<Self> {
        let at = |file: &str| context.folder.join(format!("{name}-{file}"));
        let (spec, said) = (at("machine.json"), at("said"));
        let machine = json!({
            "schema": "lucarne.machine/1",
            "name": name,
            "image": context.folder.join("image").as_str(),
            "machine": { "accel": "tcg" },
            "dataDisk": { "sizeGib": 100 },
            "reset": reset,
            "extraQemuArgs": args,
        });
        fs::write(&spec, machine.to_string())?;
        let lucarne = bench.programs.lucarne.as_str();
        let tools = &bench.tools;
        let folder = |key: &str| format!("{key}={}", at("instance").join(key));
        Ok(Self {
            lucarne: lucarne.to_owned(),
            run: format!("{{ {lucarne} run {spec} --tools {tools} 2>>{said}; test $? = 2; }}"),
            places: ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"].map(folder),
            said,
        })
    }

    /// A command line of a shell's, in the machine's places.
    fn words<'a>(&'a self, script: &'a str) -> Vec<&'a str> {
        let mut words = vec!["env"];
        words.extend(self.places.iter().map(String::as_str));
        words.extend(["sh", "-c", script]);
        words
    }

    /// A run that ended before QEMU began measures nothing. The version goes to a closed output.
    fn ensure_ended(&self, runs: usize) -> Result<()> {
        let said = &self.said;
        let text = fs::read_to_string(said).with_context(|| format!("cannot read `{said}`"))?;
        let count = text.matches(ENDED).count();
        ensure!(count == runs, "QEMU ended {count} of {runs} runs\n{text}");
        Ok(())
    }
}

/// An image's, of an installed Windows.
fn manifest() -> Result<Value> {
    let path = root::repository().join("tests/machines/manifest.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    serde_json::from_str(&text).with_context(|| format!("`{path}` is no JSON"))
}
