//! An install under supervision, and the same command line of QEMU's by itself.

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::measure::Cost;
use super::table::{Row, Way};
use super::{Bench, measure};
use crate::watch::{self, Watched};
use crate::{enter, store};

/// What the machine writes to or reads, but for the firmware's variables, which come fresh.
const MEDIA: [&str; 2] = ["boot.qcow2", "answer.iso"];

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let mut supervised = Way::new("QEMU under `lucarne install`; memory: the helper's own");
    let mut bare = Way::new("QEMU by itself; memory: QEMU's");
    for _ in 0..bench.runs {
        let (watched, folder) = install(bench)?;
        supervised.costs.push(Cost {
            seconds: watched.seconds,
            peak_kib: watched.peak_kib,
        });
        bare.costs.push(alone(bench, &watched, &folder)?);
    }
    Ok(vec![Row {
        name: "install",
        ways: vec![supervised, bare],
    }])
}

/// Installs, and gives a folder with copies of the machine's media beside what was seen.
fn install(bench: &Bench) -> Result<(Watched, Utf8PathBuf)> {
    let folder = bench.empty("install")?;
    let out = folder.join("out");
    let lucarne = bench.programs.lucarne.as_str();
    let command = [
        lucarne,
        "install",
        &bench.spec,
        "--tools",
        &bench.tools,
        "--iso",
        bench.inputs.iso.as_str(),
        "--virtio-win",
        bench.virtio_win()?,
        "--out",
        out.as_str(),
    ];
    let mut outer = enter::command(&bench.root, &[], &store::words(&command))?;
    let kept = folder.join("bare");
    fs::create_dir(&kept)?;
    let watched = watch::install(&mut outer, |work| keep(Utf8Path::new(work), &kept))?;
    ensure!(watched.status.success(), "the install failed");
    Ok((watched, kept))
}

/// The work folder goes when the install is done. Its media are never written to.
fn keep(work: &Utf8Path, to: &Utf8Path) -> Result<()> {
    for name in MEDIA {
        let from = [work.join(name), work.join("media").join(name)];
        let from = from.iter().find(|path| path.exists());
        let from = from.with_context(|| format!("the machine has no `{name}`"))?;
        fs::copy(from, to.join(name))?;
    }
    Ok(())
}

/// The same machine without anyone: nothing waits for QMP, and COM1 goes into a file.
fn alone(bench: &Bench, watched: &Watched, folder: &Utf8Path) -> Result<Cost> {
    let tools: serde_json::Value = serde_json::from_str(&fs::read_to_string(&bench.tools)?)?;
    for (name, from) in [("code.fd", "code"), ("vars.fd", "vars")] {
        let from = tools[from].as_str().context("the tools name no firmware")?;
        let to = folder.join(name);
        store::read(&bench.root, &[], &["cp", from, to.as_str()])?;
    }
    let disk = fs::File::create(folder.join("disk.raw"))?;
    disk.set_len(disk_bytes(bench)?)?;
    let mut line = Vec::new();
    let mut words = watched.qemu.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-S" => {}
            "-mon" => {
                words.next();
            }
            "socket,id=qmp,path=qmp.sock" => line.push("null,id=qmp".to_owned()),
            "socket,id=com1,path=com1.sock" => {
                line.push("file,id=com1,path=serial.log".to_owned());
            }
            _ => line.push(local(word, &watched.folder)),
        }
    }
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let cost = measure::run(&bench.root, folder, &line)?;
    let said = fs::read(folder.join("serial.log"))?;
    if !String::from_utf8_lossy(&said).contains("\"event\":\"done\"") {
        bail!("the stand-in was not done when QEMU ended by itself");
    }
    Ok(cost)
}

/// Media are named from the work folder on, or by whole paths; here they lie side by side.
fn local(word: &str, folder: &str) -> String {
    word.replace(&format!("{folder}/"), "")
        .replace("=media/", "=")
}

/// What the plan makes the disk when the spec says nothing.
fn disk_bytes(bench: &Bench) -> Result<u64> {
    let plan = bench.folder.join("media/plan.json");
    let text = if plan.exists() {
        fs::read_to_string(plan)?
    } else {
        let out = bench.folder.join("media");
        let iso = bench.inputs.iso.as_str();
        let (lucarne, virtio_win) = (bench.programs.lucarne.as_str(), bench.virtio_win()?);
        let head = [lucarne, "media", &bench.spec, "--iso", iso];
        let rest = ["--virtio-win", virtio_win, "--out", out.as_str()];
        bench.measure(&[&head[..], &rest].concat())?;
        fs::read_to_string(plan)?
    };
    let plan: serde_json::Value = serde_json::from_str(&text)?;
    let mib = plan["disk"]["sizeMib"].as_u64();
    Ok(mib.context("the plan has no disk")? << 20)
}
