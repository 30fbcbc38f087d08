//! Plays the guest program's part from a transcript.

use std::{convert::Infallible, fs};

use anyhow::{Context as _, Result, bail, ensure};
use lucarne_protocol::Kind;

use super::{media, platform, serial, state::PANTHER, windows::Windows};
use crate::{
    config::Fault,
    traces,
    transcript::{Action, parse, part},
};

/// Plays this start's part.
pub(super) fn play(windows: &mut Windows) -> Result<Infallible> {
    let path = windows.root.join(PANTHER).join("standin-transcript.txt");
    let text = fs::read_to_string(path).context("the transcript is gone")?;
    let actions = parse(&text)?;
    let actions = part(&actions, windows.state.played)?;
    for action in actions {
        match action {
            Action::Event(line) => {
                serial::send(format!("\r\n{line}\r\n").as_bytes())?;
                if is_scrub(&line) {
                    traces::take_out(&windows.drives(), false)?;
                }
            }
            Action::Raw(bytes) => serial::send(&bytes)?,
            Action::NoMedia if windows.state.config.fault == Fault::CdsStay => {}
            Action::NoMedia => {
                platform::load(&["ahci", "sr_mod"])?;
                ensure!(!media::cd_present(), "a CD is still in a drive");
            }
            Action::Write { path, kib } => write(windows, &path, kib)?,
            Action::Reset => {
                windows.state.played += 1;
                return windows.reset();
            }
            Action::PowerButton => bail!("nobody presses a button while an image is made"),
            Action::PowerOff => {
                windows.state.played += 1;
                return windows.power_off();
            }
        }
    }
    // A transcript that ends in nothing stands for a guest that does not go on.
    platform::hang()
}

/// Whether that is said before what must not be in an image is taken out.
fn is_scrub(line: &str) -> bool {
    let event = lucarne_protocol::decode(line).and_then(Result::ok);
    event.is_some_and(|event| matches!(event.kind, Kind::Phase { phase } if phase == "scrub"))
}

fn write(windows: &Windows, path: &str, kib: u32) -> Result<()> {
    let at = windows.root.join(path);
    let folder = at.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    fs::write(&at, vec![b'.'; kib as usize * 1024])
        .with_context(|| format!("cannot write `{}`", at.display()))
}
