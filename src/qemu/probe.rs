//! What QEMU says about itself and the host, before a machine is built on it.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;
use serde_json::{Value, json};
use tokio::net::{UnixListener, UnixStream};

use super::{Ended, Process, Qmp, Transcript, listen};
use crate::exec::Command;
use crate::machine::{Accel, Facts, VIRTUALISATION, enlightenments};

/// The oldest QEMU: the one whose newest machine type is [`crate::machine::TYPE`].
pub(crate) const VERSION_MIN: (u32, u32) = (9, 0);
/// The name of its socket in the work folder.
const SOCKET: &str = "probe.sock";
/// How long it may take to connect; it builds no machine.
const CONNECT_DEADLINE: Duration = Duration::from_secs(60);

/// QEMU did not even start without a machine, for this reason of its own.
#[derive(Debug)]
pub struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Starts QEMU without a machine and asks. `model` is the CPU model that the plan names.
pub async fn probe(
    qemu: &Utf8Path,
    accel: Accel,
    model: Option<&str>,
    work: &Utf8Path,
) -> anyhow::Result<Facts> {
    let listener = listen(work, SOCKET)?;
    let command = Command::new(qemu)
        .args(["-nodefaults", "-no-user-config", "-display", "none", "-S"])
        .args(["-machine", "none", "-accel", accel.as_str()])
        .arg("-chardev")
        .arg(format!("socket,id=qmp,path={SOCKET}"))
        .args(["-mon", "chardev=qmp,mode=control"])
        .dir(work);
    let mut process = Process::start("QEMU", &command, std::process::Stdio::null())?;
    let refused = |error| anyhow::Error::new(Refused(format!("{error:#}")));
    let stream = accept(&listener, &mut process, CONNECT_DEADLINE).await;
    let stream = stream.map_err(refused)?;
    // It connects before it looks for KVM.
    let mut qmp = match Qmp::start(stream, Transcript::none()).await {
        Ok(qmp) => qmp,
        Err(error) => return Err(refused(process.reason(error).await)),
    };
    let facts = ask(&mut qmp, accel, model).await;
    // It may be gone before it answers, and is killed if it is not.
    _ = qmp.execute("quit", json!({})).await;
    process.end_within(Duration::from_secs(5)).await;
    facts
}

async fn ask(qmp: &mut Qmp, accel: Accel, model: Option<&str>) -> anyhow::Result<Facts> {
    let told = qmp.execute("query-version", json!({})).await?;
    let part = |name: &str| {
        let number = told["qemu"][name]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok());
        number.context("QEMU does not tell its version")
    };
    let version = (part("major")?, part("minor")?, part("micro")?);
    let (major, minor) = VERSION_MIN;
    ensure!(
        (version.0, version.1) >= VERSION_MIN,
        "QEMU {}.{}.{} is too old: {major}.{minor} or newer is needed",
        version.0,
        version.1,
        version.2
    );
    if let Some(model) = model {
        let known = qmp.execute("query-cpu-definitions", json!({})).await?;
        check_model(&known, accel, model)?;
    }
    let enlightenments = match accel {
        Accel::Tcg => Vec::new(),
        Accel::Kvm => {
            // Turns on whatever the kernel has, and so tells what that is.
            let all = json!({ "name": "host", "props": { "hv-passthrough": true } });
            let asked = json!({ "type": "full", "model": all });
            let told = qmp.execute("query-cpu-model-expansion", asked).await?;
            read_enlightenments(&told["model"]["props"])
        }
    };
    Ok(Facts {
        version,
        enlightenments: enlightenments.into_iter().map(Into::into).collect(),
    })
}

fn read_enlightenments(props: &Value) -> Vec<&'static str> {
    enlightenments()
        .filter(|name| match &props[name] {
            Value::Bool(on) => *on,
            // A count of retries; all ones where the kernel does not know the enlightenment.
            Value::Number(retries) => retries.as_u64() != Some(u64::from(u32::MAX)),
            _ => false,
        })
        .collect()
}

/// QEMU would start a model that the host lacks without what it lacks, and Windows with it.
fn check_model(known: &Value, accel: Accel, model: &str) -> anyhow::Result<()> {
    let name = model.split(',').next().unwrap_or_default();
    let all = known.as_array().context("QEMU tells no CPU models")?;
    let Some(found) = all.iter().find(|one| one["name"] == name) else {
        bail!("QEMU knows no CPU model `{name}`\n\nhint: `machine.cpu` may be left out");
    };
    let lacks: Vec<_> = (found["unavailable-features"]
        .as_array()
        .into_iter()
        .flatten())
    .filter_map(Value::as_str)
    // A machine has it only where it is asked for; the host is looked at for that.
    .filter(|feature| !VIRTUALISATION.contains(feature))
    .collect();
    ensure!(
        lacks.is_empty(),
        "the CPU model `{name}` needs what this host does not have with {}: {}\n\n\
         hint: `machine.cpu` may be left out",
        accel.as_str(),
        lacks.join(", ")
    );
    Ok(())
}

/// Waits until a process connects, or ends, or time is over.
pub(crate) async fn accept(
    listener: &UnixListener,
    process: &mut Process,
    deadline: Duration,
) -> anyhow::Result<UnixStream> {
    tokio::select! {
        accepted = listener.accept() => Ok(accepted.context("cannot accept QEMU")?.0),
        status = process.ended() => bail!(Ended(process.last_words(status?).await)),
        () = tokio::time::sleep(deadline) => {
            bail!("QEMU does not connect within {} s", deadline.as_secs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_kernel_has_is_taken() {
        let props = json!({
            "hv-relaxed": true, "hv-time": false, "hv-spinlocks": 4095, "hv-syndbg": true
        });
        assert_eq!(read_enlightenments(&props), ["hv-relaxed", "hv-spinlocks"]);
        let none = json!({ "hv-relaxed": false, "hv-spinlocks": 4_294_967_295_u32 });
        assert!(read_enlightenments(&none).is_empty());
    }

    #[test]
    fn a_model_is_known_and_whole() {
        let known = json!([
            { "name": "EPYC", "unavailable-features": ["avx", "svm", "aes"] },
            { "name": "EPYC-Rome", "unavailable-features": ["svm"] },
            { "name": "max", "unavailable-features": [] }
        ]);
        assert!(check_model(&known, Accel::Tcg, "max,-vmx").is_ok());
        // KVM may be told to let no guest be a hypervisor.
        assert!(check_model(&known, Accel::Kvm, "EPYC-Rome").is_ok());
        let lacks = check_model(&known, Accel::Kvm, "EPYC").expect_err("lacks two");
        assert!(lacks.to_string().contains("with kvm: avx, aes"), "{lacks}");
        let none = check_model(&known, Accel::Kvm, "Z80").expect_err("unknown");
        assert!(
            none.to_string()
                .starts_with("QEMU knows no CPU model `Z80`"),
            "{none}"
        );
    }
}
