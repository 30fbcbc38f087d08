//! One machine from its lock to its end, over as many starts of QEMU as that takes.

mod begin;
mod facts;
mod places;
mod words;

use std::time::Instant;

use anyhow::Context as _;
use camino::Utf8Path;

use super::base::{self, Base};
use super::control::Access;
use super::course::{Course, End, Limits};
use super::credentials::Credentials;
use super::disk::{self, Taken};
use super::folders::{CONFIG, Folders};
use super::found::remember_data_disk;
use super::host;
use super::identity::{self, Wanted};
use super::notify::Notify;
use super::plan::{self, Plan};
use super::settings;
use super::spec;
use super::state::{Phase, SCHEMA, State};
use super::supervise::{self, Requests, Told};
use crate::failure::Failure;
use crate::guest::TCG_FACTOR;
use crate::install::{TINY_IMAGE_BYTES, choose};
use crate::layer::Image;
use crate::machine::Accel;
use crate::machine::run::{Vnc, mac, sockets};
use crate::manifest::Manifest;
use crate::nix_log;
use crate::signals::{Signals, Supervised};
use crate::time;
use crate::tools::Tools;
use begin::{Host, Locked, Of, begin, links, new_enough};

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
    pub credentials: &'a Credentials,
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
    let_group_through(inputs)?;
    let _lock = folders.lock(&plan.name)?;
    folders.runtime_own()?;
    folders.clear()?;
    inputs.notify.say("STATUS=starting");
    // What comes before Windows has deadlines of its own. They add up, so that more time is asked
    // for before each part that may take long.
    inputs.notify.extend_start();
    if plan.identity.is_some() {
        folders.state_on_a_disk()?;
    }
    expired(&inputs.image.manifest);
    let fallback = inputs.image.manifest.windows.contents.used_bytes < TINY_IMAGE_BYTES;
    let accel = choose(plan.hardware.accel, fallback, NO_KVM)?;
    host::check(plan, accel)?;
    inputs.image.may_start()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    let local = tokio::task::LocalSet::new();
    let ended = local.block_on(&runtime, async {
        let mut signals = inputs.signals.supervise();
        let mut requests = Requests::listen(folders, inputs.group)?;
        let ended = starts(inputs, accel, &mut signals, &mut requests).await;
        requests.finish().await;
        ended
    });
    // What still runs is killed with its handle; nothing is waited for.
    drop(local);
    // How it ended matters more than what it left.
    if let Err(error) = folders.clear() {
        let hint = "what Windows was told at its start may still lie there: remove it";
        nix_log::say(&format!("warning: {error:#}\n  hint: {hint}"));
    }
    ended
}

/// Lets the group come to the machine's runtime folder, or says that it cannot.
fn let_group_through(inputs: &Inputs<'_>) -> anyhow::Result<()> {
    let access = Access::of_this_user(inputs.group);
    if let Some(hides) = access.open_way(&inputs.folders.runtime)? {
        nix_log::say(&format!(
            "warning: `{hides}` lets no member of the group through, and so none reaches the \
             machine\n  hint: run it as root without `XDG_RUNTIME_DIR`, or as a service, which is \
             in `/run/lucarne`; else give all of them an `XDG_RUNTIME_DIR` that they may pass"
        ));
    }
    Ok(())
}

/// An evaluation that is over: Windows switches itself off every hour then.
fn expired(image: &Manifest) {
    let ends = image.evaluation_ends.as_deref().and_then(time::parse);
    if ends.is_some_and(|ends| ends < time::now()) {
        nix_log::say(
            "warning: the image's evaluation is over, and Windows will switch itself off every \
             hour\n  hint: build the image again, or with a product key",
        );
    }
}

/// What is at hand for as long as the machine lives.
struct Life<'a> {
    inputs: &'a Inputs<'a>,
    host: Host,
    data: Option<&'a Taken>,
    signals: &'a mut Supervised,
    requests: &'a mut Requests,
    told: Told<'a>,
}

/// Starts QEMU, and again as often as it has to.
async fn starts<'a>(
    inputs: &'a Inputs<'a>,
    accel: Accel,
    signals: &'a mut Supervised,
    requests: &'a mut Requests,
) -> Result<(), Failure> {
    // Before anything is made: a credential may be missing, or hold no password.
    let plan = inputs.plan;
    settings::check(&plan.guest, plan.identity.as_ref(), inputs.credentials)?;
    let wanted = Wanted::of(inputs)?;
    let facts = tokio::select! {
        facts = inputs.notify.extend_while(facts::facts(inputs, accel)) => facts?,
        _ = signals.next() => return Ok(()),
    };
    new_enough(&facts, &inputs.image.manifest.machine.kind)?;
    let host = Host { accel, facts };
    let told = settings::at_start(
        &inputs.plan.name,
        inputs.plan.data_disk.as_ref(),
        &inputs.plan.guest,
        &mac(
            &inputs.image.manifest,
            &inputs.plan.name,
            &inputs.plan.devices,
        ),
        inputs.credentials,
    )?;
    let base = (wanted.as_ref()).map_or_else(|| Base::of_image(inputs.image), Wanted::base);
    // What a kept disk lies on must not be made anew below it.
    inputs.notify.extend_start();
    let kept = base::kept(inputs, &base)?;
    inputs.notify.extend_start();
    let data = data_disk(inputs)?;
    let secrets = !told.passwords.is_empty() || wanted.as_ref().is_some_and(Wanted::has_secrets);
    places::tell(inputs, data.as_ref(), secrets)?;
    let mut life = Life {
        inputs,
        host,
        data: data.as_ref(),
        signals,
        requests,
        told: Told::new(inputs, state(inputs, data.as_ref()), Instant::now()),
    };
    life.told.still_starting();
    let is_made = match &wanted {
        Some(wanted) => wanted.is_made(inputs)?,
        None => true,
    };
    if kept && !is_made {
        let what = "the identity that the kept system disk lies on is gone or cannot be read";
        let way_out = base::way_out(&inputs.plan.name);
        return Err(anyhow::anyhow!("{what}\n\nhint: put it back, or {way_out}").into());
    }
    if let Some(wanted) = &wanted
        && !is_made
        && !life.identify(wanted).await?
    {
        return Ok(());
    }
    if wanted.is_none() {
        identity::forget(inputs.folders)?;
    }
    settings::write(&told, &inputs.folders.runtime.join(CONFIG))?;
    life.live(&base, kept).await
}

/// Takes the data disk, and notes where it is for who asks while the machine does not run.
fn data_disk(inputs: &Inputs<'_>) -> Result<Option<Taken>, Failure> {
    let wanted = inputs.plan.data_disk.as_ref();
    let folders = inputs.folders;
    let identity = folders.state.join(identity::DISK);
    let system = [inputs.image.disk(), folders.overlay(), identity];
    let data = wanted.map(|wanted| disk::data(inputs.tools, folders, wanted, &system));
    let data = data.transpose()?;
    let path = data.as_ref().map(|taken| taken.path.as_path());
    remember_data_disk(inputs.folders, path)?;
    Ok(data)
}

impl Life<'_> {
    fn factor(&self) -> u32 {
        match self.host.accel {
            Accel::Tcg => TCG_FACTOR,
            Accel::Kvm => 1,
        }
    }

    /// Starts the machine once, until it has ended; `None`: it was to stop before it ran.
    async fn once(&mut self, of: &Of<'_>, course: &mut Course) -> Result<Option<End>, Failure> {
        links(self.inputs, of)?;
        self.told.still_starting();
        let had = self.grow(of)?;
        let begun = begin(self.inputs, &self.host, of, self.told.since());
        let begun = tokio::select! {
            begun = self.told.starting(begun) => begun.map(Some),
            _ = self.signals.next() => Ok(None),
        };
        if !matches!(begun, Ok(Some(_))) {
            self.shrink_back(of, had).await;
        }
        let begun = begun.inspect_err(|_| facts::forget(self.inputs.folders, self.host.accel))?;
        let Some(begun) = begun else { return Ok(None) };
        self.told.state().ssh_port = begun.ssh_port;
        let started = (begun.machine, begun.shares);
        let (signals, requests) = (&mut *self.signals, &mut *self.requests);
        let end = supervise::run(started, course, signals, &mut self.told, requests).await;
        end.map(Some)
    }

    /// Lets the data disk have its size, now that all is known but what QEMU itself says. Gives
    /// what it had, where it was less.
    fn grow(&self, of: &Of<'_>) -> anyhow::Result<Option<u64>> {
        let Some((taken, wanted)) = of.data.zip(self.inputs.plan.data_disk.as_ref()) else {
            return Ok(None);
        };
        taken.grow(self.inputs.tools, wanted.bytes)
    }

    /// A start that comes to nothing does not touch it: Windows has not seen the new size.
    async fn shrink_back(&self, of: &Of<'_>, had: Option<u64>) {
        let Some((taken, had)) = of.data.zip(had) else {
            return;
        };
        let mut locked = Locked::default();
        while let Err(error) = taken.shrink_back(self.inputs.tools, had) {
            let text = format!("{error:#}");
            // The QEMU that was killed may still have it.
            if !locked.rest(&text).await {
                return nix_log::say(&format!("warning: {text}"));
            }
        }
    }

    /// Makes what makes the machine itself. Whether the machine is to start then.
    async fn identify(&mut self, wanted: &Wanted) -> Result<bool, Failure> {
        let plan = self.inputs.plan;
        let limits = Limits::of_identity(plan.shutdown_sec, self.factor());
        let mut course = Course::new(&plan.name, limits, self.told.elapsed());
        loop {
            self.told.still_starting();
            let (disk, vars) = wanted.prepare(self.inputs)?;
            let of = Of {
                disk: &disk,
                vars: &vars,
                data: None,
                rewound: true,
                alone: true,
            };
            let ended = self.once(&of, &mut course).await.and_then(meant);
            if matches!(ended, Ok(Ended::Off)) {
                wanted.commit()?;
                self.told.note("the machine has its identity");
                return Ok(true);
            }
            wanted.discard()?;
            if ended? != Ended::Again {
                return Ok(false);
            }
            // A reset was asked for: what was made so far is thrown away.
            self.again(&mut course)?;
        }
    }

    /// QEMU starts again.
    fn again(&mut self, course: &mut Course) -> anyhow::Result<()> {
        course.again(self.told.elapsed());
        self.told.restarted()
    }

    /// Lets it live. The first start may go on with a disk that was kept.
    async fn live(&mut self, base: &Base, mut kept: bool) -> Result<(), Failure> {
        let Inputs { plan, folders, .. } = *self.inputs;
        let limits = Limits::new(plan.reset, plan.shutdown_sec, self.factor());
        let mut course = Course::new(&plan.name, limits, self.told.elapsed());
        loop {
            if !kept {
                self.told.still_starting();
                base::renew(self.inputs, base)?;
            }
            let of = Of {
                disk: &folders.overlay(),
                vars: &folders.vars(),
                data: self.data,
                rewound: !kept,
                alone: false,
            };
            match meant(self.once(&of, &mut course).await?)? {
                Ended::Off => {
                    self.told.note("Windows powered itself off");
                    return Ok(());
                }
                Ended::Stopped => return Ok(()),
                Ended::Again => kept = false,
            }
            self.again(&mut course)?;
        }
    }
}

/// How a run of QEMU ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Off,
    Stopped,
    Again,
}

/// What an end means to the command; `None`: it was to stop before it ran.
fn meant(end: Option<End>) -> Result<Ended, Failure> {
    match end {
        Some(End::Off) => Ok(Ended::Off),
        Some(End::Again) => Ok(Ended::Again),
        Some(End::Stopped) | None => Ok(Ended::Stopped),
        Some(End::Guest(story)) => Err(Failure::Guest(story)),
        Some(End::TimedOut(story)) => Err(Failure::TimedOut(story)),
        Some(End::Host(story)) => Err(Failure::Machine(story)),
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
