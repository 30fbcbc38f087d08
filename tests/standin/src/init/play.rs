//! Plays the guest program's part from a transcript.

use std::{convert::Infallible, fs};

use anyhow::{Context as _, Result, bail, ensure};
use lucarne_protocol::{GENERALIZE, Kind, step::GENERALIZE_FILE};

use super::{media, platform, screen, serial, state::PANTHER, windows::Windows};
use crate::{
    answer::{Answer, copies},
    config::Fault,
    release, traces,
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
                let said = kind(&line);
                said.iter().for_each(screen::hear);
                match said {
                    Some(Kind::Phase { phase }) if phase == "scrub" => {
                        traces::take_out(&windows.drives(), false)?;
                    }
                    Some(Kind::Output { step, .. }) if step == GENERALIZE => {
                        generalize(windows)?;
                    }
                    _ => {}
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

/// What a line says.
fn kind(line: &str) -> Option<Kind> {
    let event = lucarne_protocol::decode(line).and_then(Result::ok);
    event.map(|event| event.kind)
}

/// What sysprep does with the answer file that it is told: it keeps it for the first start of each
/// copy, which reads it then. Nobody is there to see what is wrong with it, so it is read now.
fn generalize(windows: &Windows) -> Result<()> {
    let path = windows.root.join("Windows/Lucarne").join(GENERALIZE_FILE);
    let bytes = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let release = release::find(&windows.state.config.release).context("no such release")?;
    copies::check(&Answer::read(&bytes)?, release.client)
}

fn write(windows: &Windows, path: &str, kib: u32) -> Result<()> {
    let at = windows.root.join(path);
    let folder = at.parent().context("a file without a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    fs::write(&at, vec![b'.'; kib as usize * 1024])
        .with_context(|| format!("cannot write `{}`", at.display()))
}
