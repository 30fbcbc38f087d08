//! The TPM 2.0 of a machine: swtpm, with a state that is made when it is not there yet.
//!
//! A new swtpm has a bank of PCRs for each of SHA-1, SHA-256, SHA-384 and SHA-512, and the
//! firmware measures whatever it loads into all of them, with code that is no faster than the
//! guest's CPU. SHA-256 alone is what `swtpm_setup` leaves, and with it libvirt: so it is here.

use std::fs::{self, DirBuilder};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::Place;
use crate::exec::Command;
use crate::machine::files;
use crate::qemu::{Process, listen_plainly};
use crate::tools::Tools;

/// A new TPM derives its seeds in a tenth of a second; a loaded host takes longer.
const DEADLINE: Duration = Duration::from_secs(60);
/// The longest reply that is read; the one about banks has 40 bytes.
const REPLY_BYTES_MAX: u32 = 4096;

/// Commands of swtpm's control channel (`tpm_ioctl.h`): who sends TPM commands, and power on.
const SET_DATA_FD: [u8; 4] = [0, 0, 0, 0x10];
const INIT: [u8; 8] = [0, 0, 0, 2, 0, 0, 0, 0];

/// `TPM2_Startup` and `TPM2_Shutdown`, both with `TPM_SU_CLEAR` (TPM 2.0 Library, part 3).
const STARTUP: [u8; 12] = [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0];
const SHUTDOWN: [u8; 12] = [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x45, 0, 0];
/// `TPM2_GetCapability` of `TPM_CAP_PCRS`, all in one reply.
const GET_BANKS: [u8; 22] = [
    0x80, 1, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1,
];
/// `TPM_ALG_SHA256`.
const SHA256: u16 = 0x0b;
/// PCRs 0 to 23, as a bit map.
const EVERY_PCR: [u8; 3] = [0xff; 3];

/// Makes a TPM where there is none yet, and starts it. Its control socket is made here and given
/// to it as its input: whoever connects is heard, if not at once.
pub(super) async fn start(place: &Place<'_>) -> anyhow::Result<Process> {
    let Place {
        tools,
        folder,
        tpm_state: state,
    } = *place;
    if state.symlink_metadata().is_err() {
        let made = timeout(DEADLINE, make(tools, state)).await;
        made.unwrap_or_else(|_| bail!("swtpm does not answer"))
            .context("no TPM")?;
    }
    let socket = listen_plainly(folder, files::TPM)?;
    let command = command(tools, state, "type=unixio,fd=0")?;
    Process::start("swtpm", &command, OwnedFd::from(socket)).context("no TPM")
}

/// In the folder above the state's, so that a comma in a path ends no option of it.
fn command(tools: &Tools, state: &Utf8Path, control: &str) -> anyhow::Result<Command> {
    let (folder, name) = (state.parent().zip(state.file_name())).context("a folder's name")?;
    Ok(Command::new(&tools.swtpm)
        .args(["socket", "--tpm2", "--tpmstate"])
        .arg(format!("dir={name}"))
        .args(["--ctrl", control, "--terminate"])
        .dir(folder))
}

/// Makes the TPM's state beside its place, in a run of swtpm of its own: banks change with the
/// next power on.
async fn make(tools: &Tools, state: &Utf8Path) -> anyhow::Result<()> {
    let part = Utf8PathBuf::from(format!("{state}.part"));
    let cannot = || format!("cannot make `{part}`");
    match fs::remove_dir_all(&part) {
        // One that was killed left it.
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(cannot);
        }
        _ => DirBuilder::new()
            .mode(0o700)
            .create(&part)
            .with_context(cannot)?,
    }
    let (control, theirs) = std::os::unix::net::UnixStream::pair()?;
    control.set_nonblocking(true)?;
    let control = UnixStream::from_std(control)?;
    let command = command(tools, &part, "type=unixio,clientfd=0")?;
    let mut tpm = Process::start("swtpm", &command, OwnedFd::from(theirs))?;
    tokio::select! {
        done = allocate(control) => done?,
        status = tpm.ended() => bail!(tpm.last_words(status?).await),
    }
    // It ends with its connection, which has been dropped.
    tpm.end_within(DEADLINE).await;
    fs::rename(&part, state).with_context(|| format!("cannot make `{state}`"))
}

/// Switches every bank off but one.
async fn allocate(mut control: UnixStream) -> anyhow::Result<()> {
    let (data, theirs) = std::os::unix::net::UnixStream::pair()?;
    data.set_nonblocking(true)?;
    let mut data = UnixStream::from_std(data)?;
    // A new socket has room for four bytes, so this does not wait.
    let fds = [theirs.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    rights.push(SendAncillaryMessage::ScmRights(&fds));
    let text = [IoSlice::new(&SET_DATA_FD)];
    sendmsg(&control, &text, &mut rights, SendFlags::empty()).context("swtpm is gone")?;
    done(&mut control).await?;
    control.write_all(&INIT).await.context("swtpm is gone")?;
    done(&mut control).await?;
    ask(&mut data, &STARTUP).await?;
    let banks = banks(&ask(&mut data, &GET_BANKS).await?)?;
    ask(&mut data, &keep_sha256(&banks)).await?;
    ask(&mut data, &SHUTDOWN).await?;
    Ok(())
}

/// Takes the answer to a control command.
async fn done(control: &mut UnixStream) -> anyhow::Result<()> {
    let code = control.read_u32().await.context("swtpm is gone")?;
    ensure!(code == 0, "swtpm refused a control command with {code:#x}");
    Ok(())
}

/// Sends a TPM command and gives its reply behind the header.
async fn ask(data: &mut UnixStream, command: &[u8]) -> anyhow::Result<Vec<u8>> {
    const HEADER_BYTES: u32 = 10;
    data.write_all(command).await.context("swtpm is gone")?;
    let _tag = data.read_u16().await.context("swtpm is gone")?;
    let bytes = data.read_u32().await.context("swtpm is gone")?;
    let code = data.read_u32().await.context("swtpm is gone")?;
    ensure!(
        (HEADER_BYTES..=REPLY_BYTES_MAX).contains(&bytes),
        "swtpm answers with {bytes} bytes"
    );
    let mut reply = vec![0; (bytes - HEADER_BYTES) as usize];
    data.read_exact(&mut reply).await.context("swtpm is gone")?;
    let asked = command.get(6..10).unwrap_or_default();
    ensure!(code == 0, "swtpm refused {asked:02x?} with {code:#x}");
    Ok(reply)
}

/// The algorithms of the banks that a TPM can have, from what `GET_BANKS` gives: whether there is
/// more, the capability, the number of banks; and of each its algorithm and a bit map with its
/// length before it.
fn banks(reply: &[u8]) -> anyhow::Result<Vec<u16>> {
    let strange = "swtpm's answer about its banks is not whole";
    let mut rest = reply.get(9..).context(strange)?;
    let mut banks = Vec::new();
    while let [high, low, length, more @ ..] = rest {
        banks.push(u16::from_be_bytes([*high, *low]));
        rest = more.get(usize::from(*length)..).context(strange)?;
    }
    ensure!(rest.is_empty(), strange);
    ensure!(banks.contains(&SHA256), "this swtpm knows no SHA-256");
    Ok(banks)
}

/// `TPM2_PCR_Allocate`, authorised as the platform, whose password is empty.
fn keep_sha256(banks: &[u16]) -> Vec<u8> {
    let mut body = vec![0x40, 0, 0, 0x0c];
    body.extend([0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0, 0, 0]);
    body.extend(size(banks.len()));
    for bank in banks {
        body.extend(bank.to_be_bytes());
        let which = if *bank == SHA256 { EVERY_PCR } else { [0; 3] };
        body.push(3);
        body.extend(which);
    }
    let mut command = vec![0x80, 2];
    command.extend(size(10 + body.len()));
    command.extend([0, 0, 1, 0x2b]);
    command.extend(body);
    command
}

fn size(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_banks_but_one_are_switched_off() {
        // What swtpm 0.7 answers when it is new.
        let reply = [
            0, 0, 0, 0, 5, 0, 0, 0, 4, 0, 4, 3, 255, 255, 255, 0, 11, 3, 255, 255, 255, 0, 12, 3,
            255, 255, 255, 0, 13, 3, 255, 255, 255,
        ];
        let found = banks(&reply).expect("whole");
        assert_eq!(found, [4, 11, 12, 13]);
        let command = keep_sha256(&found);
        assert_eq!(command[..6], [0x80, 2, 0, 0, 0, 55]);
        assert_eq!(command.len(), 55);
        assert_eq!(
            command[27..],
            [
                0, 0, 0, 4, 0, 4, 3, 0, 0, 0, 0, 11, 3, 255, 255, 255, 0, 12, 3, 0, 0, 0, 0, 13, 3,
                0, 0, 0
            ]
        );
    }

    #[test]
    fn half_an_answer_is_refused() {
        for reply in [
            &[][..],
            &[0; 8],
            &[0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 11, 3, 1],
            &[0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 11],
            &[0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 4, 0],
        ] {
            assert!(banks(reply).is_err(), "{reply:?}");
        }
    }
}
