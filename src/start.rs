//! Starts the TPM and QEMU, and connects to what has to be heard before the guest runs.

mod tpm;

use std::process::Stdio;
use std::time::Duration;

use camino::Utf8Path;
use serde_json::json;
use tokio::net::UnixStream;

use crate::exec::Command;
use crate::machine::{self, Machine, files, ids};
use crate::qemu::{Process, Qmp, Transcript, accept, listen};
use crate::tools::Tools;

/// How long QEMU may take to build the machine. It reserves memory and opens files, no more.
const CONNECT_DEADLINE: Duration = Duration::from_secs(60);
/// What COM1's socket may hold; Linux gives it 208 KiB.
const DRAIN_BYTES_MAX: usize = 1 << 20;

/// Where a machine is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) tools: &'a Tools,
    /// QEMU's current folder, with the machine's files and sockets.
    pub(crate) folder: &'a Utf8Path,
    /// The folder of the TPM's state.
    pub(crate) tpm_state: &'a Utf8Path,
}

/// A machine that is built and stands still.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) qemu: Process,
    pub(crate) tpm: Option<Process>,
    pub(crate) qmp: Qmp,
    pub(crate) com1: UnixStream,
    /// Where somebody reads it: for the log only, nothing of a verdict comes from it.
    pub(crate) com2: Option<UnixStream>,
}

impl Started {
    /// What lies in COM1's socket, without waiting for more. It is to be heard before an event of
    /// QEMU's is, and before QEMU's end: the two sockets know nothing of each other, and a
    /// power-off counts only after the `done` that came before it.
    pub(crate) fn drain(&self) -> Vec<u8> {
        let mut bytes = vec![0; DRAIN_BYTES_MAX];
        let mut filled = 0;
        // Whether nothing more is there or the port is closed, there is nothing more.
        while let Ok(n) = self.com1.try_read(&mut bytes[filled..]) {
            if n == 0 {
                break;
            }
            filled += n;
        }
        bytes.truncate(filled);
        bytes
    }
}

/// How a TPM that should run ended; never, where there is none.
pub(crate) async fn last_words(tpm: Option<&mut Process>) -> anyhow::Result<String> {
    let Some(tpm) = tpm else {
        return std::future::pending().await;
    };
    let status = tpm.ended().await?;
    Ok(tpm.last_words(status).await)
}

/// Starts a machine. Its card's link is down unless the machine is a run's.
pub(crate) async fn start(
    place: &Place<'_>,
    machine: &Machine,
    log: Transcript,
) -> anyhow::Result<Started> {
    // Listening before the children start, so that nobody waits for anybody.
    let qmp = listen(place.folder, files::QMP)?;
    let com1 = listen(place.folder, files::COM1)?;
    let tpm = if machine.tpm {
        Some(tpm::start(place).await?)
    } else {
        None
    };
    let command = Command::new(&place.tools.qemu)
        .args(machine::args(machine))
        .dir(place.folder);
    let mut qemu = Process::start("QEMU", &command, Stdio::null())?;
    let qmp = accept(&qmp, &mut qemu, CONNECT_DEADLINE).await?;
    let com1 = accept(&com1, &mut qemu, CONNECT_DEADLINE).await?;
    // QEMU ends here when it does not like the machine, and its words say why.
    let mut qmp = match Qmp::start(qmp, log).await {
        Ok(qmp) => qmp,
        Err(error) => return Err(qemu.reason(error).await),
    };
    if machine.phase != machine::Phase::Run {
        unplug(&mut qmp).await?;
    }
    Ok(Started {
        qemu,
        tpm,
        qmp,
        com1,
        com2: None,
    })
}

/// Puts the card's link down: its driver is bound, and Windows asks nobody about a network.
pub(crate) async fn unplug(qmp: &mut Qmp) -> anyhow::Result<()> {
    let down = json!({ "name": ids::NIC, "up": false });
    qmp.execute("set_link", down).await.map(drop)
}
