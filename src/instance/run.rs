//! One machine from its lock to its end, over as many starts of QEMU as that takes.

mod begin;
mod facts;

use std::time::Instant;

use anyhow::Context as _;
use camino::Utf8Path;

use super::base::{self, Base};
use super::course::{Course, End, Limits};
use super::disk::{self, Taken};
use super::folders::Folders;
use super::notify::Notify;
use super::plan::{self, Plan};
use super::spec;
use super::state::{Phase, SCHEMA, State};
use super::supervise::{self, Requests, Told};
use crate::failure::Failure;
use crate::guest::TCG_FACTOR;
use crate::install::{TINY_IMAGE_BYTES, choose};
use crate::layer::Image;
use crate::machine::Accel;
use crate::machine::run::Vnc;
use crate::machine::run::sockets;
use crate::nix_log;
use crate::signals::{Signals, Supervised};
use crate::time;
use crate::tools::Tools;
use begin::{Host, begin, links, new_enough};

/// The way out where there is no KVM.
const NO_KVM: &str = "see that this user may use KVM and that it works, or set `machine.accel` to \
     `tcg`, which is for tests: a real Windows takes hours with it";

/// What a machine is run with.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    pub plan: &'a Plan,
    pub image: &'a Image,
    pub tools: &'a Tools,
    pub folders: &'a Folders,
    pub notify: &'a Notify,
    pub signals: &'a Signals,
    /// The id of the group that may ask the machine for something.
    pub group: Option<u32>,
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
        let mut requests = Requests::listen(folders, inputs.group)?;
        let ended = starts(inputs, accel, data.as_ref(), &mut signals, &mut requests).await;
        requests.finish().await;
        ended
    });
    // What still runs is killed with its handle; nothing is waited for.
    drop(local);
    folders.clear()?;
    ended
}

/// Starts QEMU, and again as often as it has to.
async fn starts(
    inputs: &Inputs<'_>,
    accel: Accel,
    data: Option<&Taken>,
    signals: &mut Supervised,
    requests: &mut Requests,
) -> Result<(), Failure> {
    let Inputs { plan, folders, .. } = *inputs;
    let facts = tokio::select! {
        facts = facts::facts(inputs, accel) => facts?,
        _ = signals.next() => return Ok(()),
    };
    new_enough(&facts, &inputs.image.manifest.machine.kind)?;
    let factor = if accel == Accel::Tcg { TCG_FACTOR } else { 1 };
    let mut told = Told::new(inputs, state(inputs, data), Instant::now());
    let mut course = Course::new(Limits::new(plan.reset, plan.shutdown_sec, factor));
    let host = Host { accel, facts, data };
    let base = Base::of_image(inputs.image);
    // The first start may go on with a disk that was kept.
    let mut kept = base::kept(inputs, &base)?;
    loop {
        if !kept {
            base::renew(inputs, &base)?;
        }
        links(inputs, data)?;
        let started = tokio::select! {
            started = begin(inputs, &host, !kept, &mut told) => started,
            _ = signals.next() => return Ok(()),
        };
        let started = started.inspect_err(|_| facts::forget(folders))?;
        match supervise::run(started, &mut course, signals, &mut told, requests).await? {
            End::Off => {
                nix_log::say("Windows powered itself off");
                return Ok(());
            }
            End::Stopped => return Ok(()),
            End::Again => kept = false,
            End::Guest(story) => return Err(Failure::Guest(story)),
            End::Host(story) => return Err(Failure::Machine(story)),
        }
        course.again(told.elapsed());
        told.restarted()?;
    }
}

/// The facts that others are told.
fn state(inputs: &Inputs<'_>, data: Option<&Taken>) -> State {
    let vnc = match inputs.plan.devices.display.vnc {
        Vnc::Socket => Some(inputs.folders.runtime.join(sockets::VNC).into_string()),
        Vnc::Tcp(address, port) => Some(std::net::SocketAddr::new(address, port).to_string()),
        Vnc::None => None,
    };
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
        vnc,
        data_disk: data.map(|taken| taken.path.to_string()),
    }
}
