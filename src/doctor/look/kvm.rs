//! Lets KVM run a tiny guest, for that the device is there and opens says little: a virtual machine
//! may be handed a KVM that starts no firmware.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use rustix::io::Errno;
use serde_json::json;

use super::super::seen::{Device, End, Kvm, Trial};
use super::{files, rom};
use crate::exec::Command;
use crate::failure::in_words;
use crate::machine::TYPE;
use crate::output::Output;
use crate::qemu::{Ended, Event, Process, Qmp, Transcript, accept, listen};
use crate::signals::Signals;

const DEVICE: &str = "/dev/kvm";
const ROM: &str = "rom.bin";
/// The guest takes milliseconds, and a host that does much else may take its time.
const DEADLINE: Duration = Duration::from_secs(10);

pub(super) fn look(qemu: Option<&Utf8Path>, signals: &Signals) -> Kvm {
    let (flag, nested) = files::cpu();
    let device = device();
    let usable = device
        .as_ref()
        .is_some_and(|device| device.refused.is_none());
    let tried = match qemu {
        Some(qemu) if usable => trials(qemu, signals),
        _ => Ok(Vec::new()),
    };
    // Such as a folder for temporary files that cannot be written to: nothing about KVM.
    let trouble = tried.as_ref().err().map(|error| in_words(error).0);
    Kvm {
        flag,
        nested,
        device,
        trials: tried.unwrap_or_default(),
        trouble,
    }
}

fn device() -> Option<Device> {
    let about = fs::metadata(DEVICE).ok()?;
    let opened = File::options().read(true).write(true).open(DEVICE);
    let error = opened.err();
    // A file that udev or a container made, and no driver behind it.
    let errno = error.as_ref().and_then(Errno::from_io_error);
    if errno.is_some_and(|errno| [Errno::NODEV, Errno::NXIO].contains(&errno)) {
        return None;
    }
    Some(Device {
        group: files::group_name(&files::text("/etc/group"), about.gid()),
        for_all: about.mode() & 0o006 == 0o006,
        refused: error.map(|error| error.to_string()),
    })
}

/// Goes on until something runs: what differs in the last one is what the others lack.
fn trials(qemu: &Utf8Path, signals: &Signals) -> anyhow::Result<Vec<Trial>> {
    let temporary = Utf8PathBuf::try_from(std::env::temp_dir()).context("a path is not UTF-8")?;
    let place = temporary.join(format!("lucarne-doctor-{}", std::process::id()));
    // Never committed: it is removed, whatever happens.
    let folder = signals.make(|| Output::beside(&place), Output::traces)?;
    let file = folder.folder().join(ROM);
    fs::write(&file, rom::rom()).with_context(|| format!("cannot write `{file}`"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    let local = tokio::task::LocalSet::new();
    let mut trials = Vec::new();
    for (kvm, smm) in [(true, true), (true, false), (false, true)] {
        let trial = attempt(qemu, folder.folder(), kvm, smm);
        let end = local.block_on(&runtime, trial)?;
        let done = end == End::Done;
        trials.push(Trial { kvm, smm, end });
        if done {
            break;
        }
    }
    signals.settle();
    Ok(trials)
}

/// Runs the guest once, with the CPU that an install has.
async fn attempt(qemu: &Utf8Path, folder: &Utf8Path, kvm: bool, smm: bool) -> anyhow::Result<End> {
    let socket = format!("{kvm}-{smm}.sock");
    let listener = listen(folder, &socket)?;
    let (accel, cpu) = if kvm { ("kvm", "host") } else { ("tcg", "max") };
    let command = Command::new(qemu)
        .args(["-nodefaults", "-no-user-config", "-display", "none", "-S"])
        .args(["-no-reboot", "-m", "16", "-bios", ROM])
        .args(["-accel", accel, "-cpu", cpu, "-machine"])
        .arg(format!("{TYPE},smm={}", if smm { "on" } else { "off" }))
        .arg("-device")
        .arg(format!("isa-debug-exit,iobase={},iosize=4", rom::PORT))
        .arg("-chardev")
        .arg(format!("socket,id=qmp,path={socket}"))
        .args(["-mon", "chardev=qmp,mode=control"])
        .dir(folder);
    let mut process = Process::start("QEMU", &command, Stdio::null())?;
    let followed = async {
        // The one deadline is that around all of this, so that being late is an answer.
        let stream = match accept(&listener, &mut process, DEADLINE * 2).await {
            Ok(stream) => stream,
            Err(error) => return ended(error),
        };
        match Qmp::start(stream, Transcript::none()).await {
            Ok(mut qmp) => follow(&mut process, &mut qmp).await,
            Err(error) => ended(process.reason(error).await),
        }
    };
    let end = tokio::time::timeout(DEADLINE, followed).await;
    process.end_within(Duration::ZERO).await;
    end.unwrap_or(Ok(End::Silent(DEADLINE.as_secs())))
}

/// QEMU's own end is an answer; whatever else went wrong is not about KVM.
fn ended(error: anyhow::Error) -> anyhow::Result<End> {
    match error.downcast::<Ended>() {
        Ok(Ended(words)) => Ok(End::Ended(words)),
        Err(error) => Err(error),
    }
}

async fn follow(process: &mut Process, qmp: &mut Qmp) -> anyhow::Result<End> {
    // The guest may be done before QEMU answers.
    _ = qmp.execute("cont", json!({})).await;
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            event = qmp.event(), if open => match event {
                Ok(Event::Stop) => {
                    let told = qmp.execute("query-status", json!({})).await;
                    if told.is_ok_and(|told| told["status"] == "internal-error") {
                        return Ok(End::InternalError);
                    }
                }
                Ok(_) => {}
                Err(_) => open = false,
            },
            status = process.ended() => {
                let status = status?;
                return Ok(if status.code() == Some(rom::DONE) {
                    End::Done
                } else {
                    End::Ended(process.last_words(status).await)
                });
            }
        }
    }
}
