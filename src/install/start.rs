//! Starts the TPM and QEMU, and connects to what has to be heard before the guest runs.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::UnixStream;

use super::Work;
use super::evidence::{Log, QMP_LOG, Unit};
use super::tpm;
use crate::exec::Command;
use crate::machine::{self, Machine, files, ids};
use crate::qemu::{Process, Qmp, Transcript, accept, connect, listen};
use crate::tools::Tools;

/// How long QEMU may take to build the machine. It reserves memory and opens files, no more.
const CONNECT_DEADLINE: Duration = Duration::from_secs(60);

/// A machine that is built and stands still.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) qemu: Process,
    pub(crate) tpm: Option<Process>,
    pub(crate) qmp: Qmp,
    pub(crate) com1: UnixStream,
    /// For the log only: nothing of a verdict comes from it.
    pub(crate) com2: Option<UnixStream>,
}

pub(crate) async fn start(
    tools: &Tools,
    work: &Work,
    machine: &Machine,
    since: Instant,
) -> anyhow::Result<Started> {
    let folder = work.machine_folder();
    // Listening before the children start, so that nobody waits for anybody.
    let qmp = listen(folder, files::QMP)?;
    let com1 = listen(folder, files::COM1)?;
    let tpm = if machine.tpm {
        Some(tpm::start(tools, work).await?)
    } else {
        None
    };
    let command = Command::new(&tools.qemu)
        .args(machine::args(machine))
        .dir(folder);
    let mut qemu = Process::start("QEMU", &command, Stdio::null())?;
    let qmp = accept(&qmp, &mut qemu, CONNECT_DEADLINE).await?;
    let com1 = accept(&com1, &mut qemu, CONNECT_DEADLINE).await?;
    let log = Log::create(&work.folder().join(QMP_LOG), Unit::Lines)?;
    let log = Transcript::new(Box::new(log), since);
    // QEMU ends here when it does not like the machine, and its words say why.
    let mut qmp = match Qmp::start(qmp, log).await {
        Ok(qmp) => qmp,
        Err(error) => return Err(qemu.reason(error).await),
    };
    // Its driver is bound, and Windows asks nobody about a network.
    let down = json!({ "name": ids::NIC, "up": false });
    qmp.execute("set_link", down).await?;
    Ok(Started {
        qemu,
        tpm,
        qmp,
        com1,
        com2: connect(folder, files::COM2).await.ok(),
    })
}
