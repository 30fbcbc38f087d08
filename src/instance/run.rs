//! One machine from its lock to its end, over as many starts of QEMU as that takes.

use std::net::TcpListener;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;

use super::course::{Course, End, Limits};
use super::disk::{self, Taken};
use super::folders::{CONFIG, DATA_DISK, Folders, TPM};
use super::notify::Notify;
use super::plan::{self, Plan, Tpm};
use super::spec;
use super::state::{Phase, SCHEMA, State};
use super::supervise::{self, Told};
use crate::failure::Failure;
use crate::guest::TCG_FACTOR;
use crate::install::evidence::{Log, QMP_LOG, Unit};
use crate::install::{TINY_IMAGE_BYTES, choose};
use crate::layer::Image;
use crate::machine::run::{self, Network, Start};
use crate::machine::{Accel, Facts, Machine, Medium, Nested, files};
use crate::nix_log;
use crate::qemu::{Transcript, probe};
use crate::signals::{Signals, Supervised};
use crate::start::{Place, Started, start, unplug};
use crate::time;
use crate::tools::Tools;

/// The way out where there is no KVM.
const NO_KVM: &str = "see that this user may use KVM and that it works, or set `machine.accel` to \
     `tcg`, which is for tests: a real Windows takes hours with it";
/// How often another free port is tried, when somebody took the one that was found.
const PORT_TRIES: u32 = 5;
/// What QEMU says then.
const PORT_TAKEN: &str = "Could not set up host forwarding rule";

/// What a machine is run with.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    pub plan: &'a Plan,
    pub image: &'a Image,
    pub tools: &'a Tools,
    pub folders: &'a Folders,
    pub notify: &'a Notify,
    pub signals: &'a Signals,
}

/// Reads a machine's spec, finds its image, and plans.
pub fn plan(bytes: &[u8]) -> Result<(Plan, Image), Failure> {
    let shaped = spec::shape(bytes).map_err(Failure::MachineSpec)?;
    let image = Image::open(Utf8Path::new(&shaped.spec.image));
    let manifest = image.as_ref().ok().map(|image| &image.manifest);
    // What is wrong with the spec is told first, as far as that is known without the image.
    let plan = plan::check(&shaped, manifest).map_err(Failure::MachineSpec)?;
    Ok((plan, image?))
}

/// Runs it until it has ended.
pub fn run(inputs: &Inputs<'_>) -> Result<(), Failure> {
    let Inputs { plan, folders, .. } = *inputs;
    folders.make()?;
    let _lock = folders.lock(&plan.name)?;
    folders.clear()?;
    let fallback = inputs.image.manifest.windows.contents.used_bytes < TINY_IMAGE_BYTES;
    let accel = choose(plan.hardware.accel, fallback, NO_KVM)?;
    let disk = inputs.image.disk();
    std::fs::metadata(&disk)
        .with_context(|| format!("the image's disk is gone: cannot open `{disk}`"))?;
    let wanted = plan.data_disk.as_ref();
    let data = wanted.map(|wanted| disk::data(inputs.tools, folders, wanted));
    let data = data.transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    let local = tokio::task::LocalSet::new();
    let ended = local.block_on(&runtime, async {
        let mut signals = inputs.signals.supervise();
        starts(inputs, accel, data.as_ref(), &mut signals).await
    });
    // What still runs is killed with its handle; nothing is waited for.
    drop(local);
    inputs.notify.say("STOPPING=1");
    folders.clear()?;
    ended
}

/// Starts QEMU, and again as often as it has to.
async fn starts(
    inputs: &Inputs<'_>,
    accel: Accel,
    data: Option<&Taken>,
    signals: &mut Supervised,
) -> Result<(), Failure> {
    let Inputs { plan, folders, .. } = *inputs;
    let model = plan.hardware.cpu.as_deref();
    let facts = tokio::select! {
        facts = probe(&inputs.tools.qemu, accel, model, &folders.runtime) => facts?,
        _ = signals.next() => return Ok(()),
    };
    new_enough(&facts, &inputs.image.manifest.machine.kind)?;
    let factor = if accel == Accel::Tcg { TCG_FACTOR } else { 1 };
    let mut told = Told::new(inputs, state(inputs, data), Instant::now());
    let mut course = Course::new(Limits::new(plan.reset, plan.shutdown_sec, factor));
    let host = Host { accel, facts, data };
    let mut fresh = true;
    loop {
        if fresh {
            disk::overlay(inputs.tools, folders, inputs.image, &inputs.image.disk())?;
        }
        links(inputs, data)?;
        let started = tokio::select! {
            started = begin(inputs, &host, fresh, &mut told) => started?,
            _ = signals.next() => return Ok(()),
        };
        match supervise::run(started, &mut course, signals, &mut told).await? {
            End::Off => {
                nix_log::say("Windows powered itself off");
                return Ok(());
            }
            End::Stopped => return Ok(()),
            End::Again { fresh: anew } => fresh = anew,
            End::Guest(story) => return Err(Failure::Guest(story)),
            End::Host(story) => return Err(Failure::Machine(story)),
        }
        course.again(told.elapsed());
        told.restarted()?;
        folders.clear()?;
    }
}

/// The facts that others are told.
fn state(inputs: &Inputs<'_>, data: Option<&Taken>) -> State {
    State {
        schema: SCHEMA.into(),
        name: inputs.plan.name.clone(),
        pid: std::process::id(),
        qemu_pid: None,
        image: inputs.plan.image.to_string(),
        started_at: time::rfc3339(time::now()),
        phase: Phase::Booting,
        ready_since: None,
        trouble: None,
        restarts: 0,
        ssh_port: None,
        vnc: None,
        data_disk: data.map(|taken| taken.path.to_string()),
    }
}

/// Where QEMU finds the machine's files, by short names in its folder.
fn links(inputs: &Inputs<'_>, data: Option<&Taken>) -> anyhow::Result<()> {
    let folders = inputs.folders;
    folders.link(files::OVERLAY, &folders.overlay())?;
    if let Some((code, _)) = inputs.image.firmware() {
        folders.link(files::CODE, &code)?;
        folders.link(files::VARS, &folders.vars())?;
    }
    if let Some(taken) = data {
        folders.link(DATA_DISK, &taken.path)?;
    }
    Ok(())
}

/// Starts the machine, which then stands still. Somebody may take the free port that was found.
async fn begin(
    inputs: &Inputs<'_>,
    host: &Host<'_>,
    fresh: bool,
    told: &mut Told<'_>,
) -> anyhow::Result<Started> {
    let folders = inputs.folders;
    let tpm = match inputs.plan.tpm {
        Tpm::PerStart => folders.runtime.join(TPM),
        Tpm::PerInstance | Tpm::None => folders.state.join(TPM),
    };
    let place = Place {
        tools: inputs.tools,
        folder: &folders.runtime,
        tpm_state: &tpm,
    };
    for left in (0..PORT_TRIES).rev() {
        let ssh = matches!(inputs.plan.devices.network, Network::User { ssh: true, .. });
        let port = ssh.then(free_port).transpose()?;
        let machine = machine(inputs, host, fresh, port);
        let log = Log::create(&folders.state.join(QMP_LOG), Unit::Lines)?;
        let log = Transcript::new(Box::new(log), told.since());
        match start(&place, &machine, log).await {
            Err(error) if left > 0 && port.is_some() && error.to_string().contains(PORT_TAKEN) => {
                // The sockets of the one that did not start.
                folders.clear()?;
                links(inputs, host.data)?;
            }
            started => {
                let mut started = started?;
                if inputs.plan.devices.network == Network::None {
                    unplug(&mut started.qmp).await?;
                }
                told.state().ssh_port = port;
                return Ok(started);
            }
        }
    }
    bail!("no port of 127.0.0.1 stays free for SSH")
}

/// What the host has, asked once.
struct Host<'a> {
    accel: Accel,
    facts: Facts,
    data: Option<&'a Taken>,
}

fn machine(inputs: &Inputs<'_>, host: &Host<'_>, fresh: bool, port: Option<u16>) -> Machine {
    let plan = inputs.plan;
    let hardware = &plan.hardware;
    let config = inputs.folders.runtime.join(CONFIG).exists();
    let start = Start {
        name: &plan.name,
        accel: host.accel,
        cpu: hardware.cpu.as_deref(),
        nested: if hardware.nested {
            Nested::On
        } else {
            Nested::Off
        },
        cores: hardware.cores,
        memory_mib: hardware.memory_mib,
        clock: hardware.clock.clone(),
        system_disk: Medium::qcow2(files::OVERLAY),
        firmware_files: [files::CODE, files::VARS].map(str::to_owned),
        data_disk: host.data.map(|_| Medium::qcow2(DATA_DISK)),
        config: config.then(|| Medium::raw(CONFIG)),
        rewound: fresh,
        // Only once Windows runs; see the course.
        ends_at_reboot: false,
        host: run::Host {
            ssh_port: port,
            vhost: host.accel == Accel::Kvm && std::path::Path::new("/dev/vhost-net").exists(),
        },
    };
    let manifest = &inputs.image.manifest;
    Machine::run(start, manifest, &plan.devices, &host.facts)
}

/// Whether QEMU knows the machine that Windows was installed on.
fn new_enough(facts: &Facts, kind: &str) -> anyhow::Result<()> {
    let version = kind.rsplit('-').next().and_then(|version| {
        let (major, minor) = version.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    let (major, minor, micro) = facts.version;
    let Some(needed) = version else {
        bail!(
            "the image's machine type {} is unknown",
            crate::problem::operand(kind)
        );
    };
    ensure!(
        (major, minor) >= needed,
        "QEMU {major}.{minor}.{micro} does not know `{kind}`, the machine that the image was \
         installed on\n\nhint: QEMU {}.{} or newer does; name one with `--tools`",
        needed.0,
        needed.1
    );
    Ok(())
}

/// A port of 127.0.0.1 that nobody has now.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port for SSH")?;
    Ok(listener.local_addr()?.port())
}
