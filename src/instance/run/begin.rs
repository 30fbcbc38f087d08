//! One start of QEMU: its files by short names, its machine, a free port.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;
use serde_json::json;
use tokio::time::sleep;

use super::{Inputs, words};
use crate::install::evidence::{Log, QMP_LOG, Unit};
use crate::instance::control::Access;
use crate::instance::disk::Taken;
use crate::instance::folders::{DATA_DISK, TPM, remove};
use crate::instance::host::has_vhost;
use crate::instance::plan::Tpm;
use crate::instance::shares::Shares;
use crate::machine::run::{self, Devices, Network, Start};
use crate::machine::{Accel, Facts, Machine, Medium, Nested, files};
use crate::problem::operand;
use crate::qemu::{Qmp, Transcript};
use crate::start::{Place, Started, start, unplug};

/// How many free ports are tried, when somebody takes the one that was found.
const PORT_TRIES: u32 = 5;
/// What QEMU says then.
const PORT_TAKEN: &str = "Could not set up host forwarding rule";
/// How often a disk is tried that another process has.
const LOCK_TRIES: u32 = 10;
const LOCK_REST: Duration = Duration::from_millis(200);

/// What the host has, asked once.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) accel: Accel,
    pub(super) facts: Facts,
}

/// What is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    /// The system disk, and the firmware variables that belong to it.
    pub(super) disk: &'a Utf8Path,
    pub(super) vars: &'a Utf8Path,
    pub(super) data: Option<&'a Taken>,
    /// Whether the system disk is a new one.
    pub(super) rewound: bool,
    /// Whether its card has no link, nothing of the host's is handed over, and QEMU gets no
    /// arguments of the user's own.
    pub(super) alone: bool,
}

/// A machine that is built and stands still.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) machine: Started,
    pub(super) shares: Shares,
    /// The port of 127.0.0.1 that leads to the guest's port 22.
    pub(super) ssh_port: Option<u16>,
}

/// Makes the links by which QEMU finds the machine's files in its folder.
pub(super) fn links(inputs: &Inputs<'_>, of: &Of<'_>) -> anyhow::Result<()> {
    let folders = inputs.folders;
    folders.unlink()?;
    folders.link(files::OVERLAY, of.disk)?;
    if let Some((code, _)) = inputs.image.firmware() {
        folders.link(files::CODE, &code)?;
        folders.link(files::VARS, of.vars)?;
    }
    if let Some(taken) = of.data {
        folders.link(DATA_DISK, &taken.path)?;
    }
    if inputs.plan.tpm == Tpm::PerStart {
        remove(&folders.runtime.join(TPM))?;
    }
    Ok(())
}

/// Starts the machine, which then stands still. Somebody may take the free port that was found.
/// `since`: what the times in QEMU's log are counted from.
pub(super) async fn begin(
    inputs: &Inputs<'_>,
    host: &Host,
    of: &Of<'_>,
    since: Instant,
) -> anyhow::Result<Begun> {
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
    let devices = devices(&inputs.plan.devices, of.alone);
    let virtiofsd = inputs.tools.virtiofsd.as_deref();
    let mut ports = PORT_TRIES;
    let mut locked = Locked::default();
    loop {
        let ssh = matches!(devices.network, Network::User { ssh: true, .. });
        let port = ssh.then(free_port).transpose()?;
        let machine = machine(inputs, host, of, &devices, port);
        let log = Log::create(&folders.state.join(QMP_LOG), Unit::Lines)?;
        let log = Transcript::new(Box::new(log), since);
        let shares = Shares::start(virtiofsd, &devices.shares, &folders.runtime)?;
        let mut machine = match start(&place, &machine, log).await {
            Ok(machine) => machine,
            Err(error) => {
                let text = format!("{error:#}");
                if locked.rest(&text).await {
                    // It may be free by now.
                } else if port.is_some() && text.contains(PORT_TAKEN) {
                    ports -= 1;
                    ensure!(
                        ports > 0,
                        "no port of 127.0.0.1 stays free for SSH: {PORT_TRIES} were taken at \
                         once\n\nhint: see what takes them, or leave out `network.ssh`"
                    );
                } else {
                    return Err(words::in_ours(inputs, host, of, error));
                }
                // The sockets of the one that did not start.
                links(inputs, of)?;
                continue;
            }
        };
        if devices.network == Network::None {
            unplug(&mut machine.qmp).await?;
        }
        if let Some(bytes) = inputs.plan.system_bytes_max {
            bound(&mut machine.qmp, bytes).await?;
        }
        // Who may control it sees its screen and its console too.
        let access = Access::of_this_user(inputs.group);
        for socket in [files::COM2, run::sockets::VNC, run::sockets::SPICE] {
            if folders.runtime.join(socket).exists() {
                access.open(&folders.runtime, socket)?;
            }
        }
        return Ok(Begun {
            machine,
            shares,
            ssh_port: port,
        });
    }
}

/// Patience with whoever has a disk: a QEMU that was killed a moment ago, or whose helper was, is
/// about to end. Nothing tells of that, for whoever it is may be anybody.
#[derive(Debug)]
pub(super) struct Locked {
    tries: u32,
}

impl Default for Locked {
    fn default() -> Self {
        Self { tries: LOCK_TRIES }
    }
}

impl Locked {
    /// After a try that failed with this text: whether another one is worth it, once this has
    /// waited a little.
    pub(super) async fn rest(&mut self, text: &str) -> bool {
        let again = words::tells_of_lock(text) && self.tries > 1;
        if again {
            self.tries -= 1;
            sleep(LOCK_REST).await;
        }
        again
    }
}

/// What the machine has beside its image's hardware.
fn devices(said: &Devices, alone: bool) -> Devices {
    if !alone {
        return said.clone();
    }
    Devices {
        network: Network::None,
        mac: said.mac.clone(),
        display: said.display,
        ..Devices::default()
    }
}

fn machine(
    inputs: &Inputs<'_>,
    host: &Host,
    of: &Of<'_>,
    devices: &Devices,
    port: Option<u16>,
) -> Machine {
    let plan = inputs.plan;
    let hardware = &plan.hardware;
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
        data_disk: of.data.map(|_| Medium::qcow2(DATA_DISK)),
        rewound: of.rewound,
        host: run::Host {
            ssh_port: port,
            vhost: has_vhost(),
        },
    };
    Machine::run(start, &inputs.image.manifest, devices, &host.facts)
}

/// Asks QEMU to tell when the overlay has so many bytes. Its file is the one with a short name:
/// what it lies on is named by an absolute path.
async fn bound(qmp: &mut Qmp, bytes: u64) -> anyhow::Result<()> {
    let nodes = qmp
        .execute("query-named-block-nodes", json!({ "flat": true }))
        .await?;
    let node = (nodes.as_array().into_iter().flatten())
        .find(|node| node["drv"] == "file" && node["file"] == files::OVERLAY)
        .context("QEMU does not know the overlay's file")?;
    let limit = json!({ "node-name": node["node-name"], "write-threshold": bytes });
    qmp.execute("block-set-write-threshold", limit).await?;
    Ok(())
}

/// Whether QEMU knows the machine that Windows was installed on.
pub(super) fn new_enough(facts: &Facts, kind: &str) -> anyhow::Result<()> {
    let version = kind.rsplit('-').next().and_then(|version| {
        let (major, minor) = version.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    let (major, minor, micro) = facts.version;
    let Some(needed) = version else {
        bail!(
            "the image's machine type {} is unknown\n\nhint: run it with the version of lucarne \
             that made it",
            operand(kind)
        );
    };
    ensure!(
        (major, minor) >= needed,
        "QEMU {major}.{minor}.{micro} does not know {}, the machine that the image was installed \
         on\n\nhint: QEMU {}.{} or newer does; name one with `--tools`",
        operand(kind),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_qemu_and_a_strange_machine_are_told() {
        let told = |version, kind| {
            let facts = Facts {
                version,
                ..Facts::default()
            };
            new_enough(&facts, kind).map_err(|error| error.to_string())
        };
        assert_eq!(told((9, 0, 0), "pc-q35-9.0"), Ok(()));
        assert_eq!(told((10, 0, 13), "pc-q35-9.2"), Ok(()));
        let error = told((9, 0, 4), "pc-q35-10.1").expect_err("too old");
        assert!(
            error.starts_with("QEMU 9.0.4 does not know `pc-q35-10.1`"),
            "{error}"
        );
        assert!(error.contains("QEMU 10.1 or newer"), "{error}");
        let error = told((9, 0, 4), "none").expect_err("unknown");
        assert!(
            error.starts_with("the image's machine type `none`"),
            "{error}"
        );
    }
}
