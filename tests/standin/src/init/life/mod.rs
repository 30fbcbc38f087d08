//! A sealed image's start. What Windows does by itself happens here (letters in an order that
//! nobody can foresee, a new disk that comes up offline), then the guest program's part: it reads
//! its settings, does them, says so, and from then on the machine waits for whoever uses it.

mod attach;
mod console;
mod medium;
mod ports;
mod serve;

use std::{convert::Infallible, fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use lucarne_protocol::{Kind, decode};
use serde_json::{Value, json};

use self::{attach::Attached, medium::Drive, serve::Ports};
use super::{platform, says::Says, serial, state::PANTHER, windows::Windows};
use crate::{
    config::Fault,
    drives::{Drives, shuffle},
    settings::{Purpose, Settings},
    transcript::{Action, life, parse},
};

/// Where the guest program keeps its files, on C:.
const FOLDER: &str = "Windows/Lucarne";
/// How long Windows lets a password live unless somebody says otherwise, in seconds.
const PASSWORD_AGE: u64 = 42 * 86_400;

/// What this start was told, and what came of it.
#[derive(Debug)]
pub(super) struct Life {
    settings: Option<Settings>,
    /// Where the medium with the settings is mounted.
    medium: PathBuf,
    /// Who has which letter.
    letters: Vec<(&'static str, char)>,
    drives: Drives,
    data: Option<Attached>,
    failures: Vec<String>,
}

/// Lives, up to the machine's end or its restart.
pub(super) fn start(windows: &mut Windows) -> Result<Infallible> {
    platform::load(&["ahci", "sr_mod", "virtio_console"])?;
    let path = windows.root.join(PANTHER).join("standin-transcript.txt");
    let text = fs::read_to_string(path).context("the transcript is gone")?;
    let recorded = life(&parse(&text)?)?;
    let mut life = Life::new(windows)?;
    attach::take_offline(windows)?;
    // Before the guest says that it is ready: from then on the button may be pressed, and what
    // was sent to a port before it was opened is lost.
    let ports = Ports::open()?;
    let mut says = Says::default();
    for action in recorded {
        match action {
            Action::Event(said) => {
                let event = decode(&said).context("no event")?;
                let kind = event.map_err(anyhow::Error::msg)?.kind;
                if let Some(never) = life.event(windows, &mut says, kind)? {
                    return Ok(never);
                }
            }
            Action::Raw(bytes) => serial::send(&bytes)?,
            Action::NoMedia => no_other_media(windows)?,
            Action::PowerButton => return serve::serve(windows, life, ports),
            Action::Write { .. } | Action::Reset | Action::PowerOff => {
                anyhow::bail!("a start of a machine does not do this: {action:?}")
            }
        }
    }
    serve::serve(windows, life, ports)
}

impl Life {
    fn new(windows: &Windows) -> Result<Self> {
        let mut letters: Vec<char> = ('D'..='H').collect();
        shuffle(&mut letters, &platform::random::<8>()?);
        let names = ["the first CD drive", "the second CD drive"];
        let mut drives = Drives::default();
        drives.assign('C', &windows.root);
        Ok(Self {
            settings: None,
            medium: PathBuf::new(),
            letters: names.into_iter().zip(letters).collect(),
            drives,
            data: None,
            failures: Vec::new(),
        })
    }

    /// Says what the program said at this point; before it says that the settings were applied,
    /// they are.
    fn event(
        &mut self,
        windows: &mut Windows,
        says: &mut Says,
        kind: Kind,
    ) -> Result<Option<Infallible>> {
        match kind {
            Kind::Applied => {
                match medium::settings() {
                    Ok(Some((medium, settings))) => {
                        self.medium = medium;
                        self.settings = Some(settings);
                    }
                    Ok(None) => {}
                    Err(error) => self.failures.push(format!("settings: {error:#}")),
                }
                let purpose = self.settings.as_ref().map(|settings| settings.purpose);
                if purpose == Some(Purpose::Identity) {
                    return self.identity(windows, says).map(Some);
                }
                self.apply(windows, says)?;
                medium::release(&self.medium)?;
                if self.failures.is_empty() {
                    says.event(kind)?;
                } else {
                    let message = self.failures.join("; ");
                    says.event(Kind::Failed { message })?;
                }
            }
            Kind::Ready if !self.failures.is_empty() => {}
            kind => says.event(kind)?,
        }
        Ok(None)
    }

    /// Every part is tried: a machine that something is missing from is better than one that is
    /// switched off.
    fn apply(&mut self, windows: &mut Windows, says: &mut Says) -> Result<()> {
        let Some(settings) = self.settings.clone() else {
            return Ok(());
        };
        if let Some(wanted) = &settings.data_disk {
            match attach::attach(wanted) {
                Ok(attached) => {
                    self.take(wanted.letter);
                    self.drives.assign(wanted.letter, &attached.root);
                    self.data = Some(attached);
                }
                Err(error) => self.failures.push(format!("the data disk: {error:#}")),
            }
        }
        for one in &settings.passwords {
            let (account, hash) = (one.account.clone(), one.password.hash());
            windows.state.passwords.insert(account, hash);
        }
        self.steps(windows, says, &settings)?;
        windows.state.write(&windows.root)
    }

    /// Does the steps, whose files lie on C: meanwhile.
    fn steps(&mut self, windows: &mut Windows, says: &mut Says, settings: &Settings) -> Result<()> {
        let folder = windows.root.join(FOLDER);
        let payloads = folder.join("start");
        fs::create_dir_all(&payloads).context("cannot make a folder")?;
        for file in &settings.payloads {
            fs::write(payloads.join(&file.name), file.bytes()?).context("cannot write a file")?;
        }
        let of = u32::try_from(settings.steps.len()).context("few steps")?;
        for (n, step) in (1..).zip(&settings.steps) {
            let registry = &mut windows.state.registry;
            let ended = says.step(step, &self.drives, &folder, registry, (n, of))?;
            if let Some(why) = ended.failed {
                self.failures.push(format!("`{}`: {why}", step.name));
            }
        }
        fs::remove_dir_all(&payloads).context("cannot remove the steps' files")
    }

    /// Gives the data disk its letter: who has it moves to a free one.
    fn take(&mut self, wanted: char) {
        let taken: Vec<char> = self.letters.iter().map(|(_, letter)| *letter).collect();
        let free = ('D'..='Z').find(|letter| *letter != wanted && !taken.contains(letter));
        for (_, letter) in &mut self.letters {
            if let Some(free) = free
                && *letter == wanted
            {
                *letter = free;
            }
        }
        self.letters.push(("the data disk", wanted));
    }

    /// A name is read when Windows starts, so it takes a restart, and is looked at after it.
    fn identity(&mut self, windows: &mut Windows, says: &mut Says) -> Result<Infallible> {
        let settings = self.settings.clone().context("an identity has settings")?;
        let name = settings.computer_name.clone();
        medium::release(&self.medium)?;
        if name.is_none() || windows.state.computer_name == name {
            self.steps(windows, says, &settings)?;
            says.event(self.no_identity().unwrap_or(Kind::Done))?;
            return windows.power_off();
        }
        ensure!(
            windows.state.renamed < 2,
            "the computer's name was set twice and is still another"
        );
        windows.state.renamed += 1;
        windows.state.computer_name = name;
        windows.reset()
    }

    /// What the program says of an identity that it could not make.
    fn no_identity(&self) -> Option<Kind> {
        let wrong = self.failures.join(", ");
        let message = format!("the identity was not made: {wrong}");
        (!wrong.is_empty()).then_some(Kind::Failed { message })
    }

    /// What `show` tells.
    fn show(&self, windows: &Windows) -> Value {
        let state = &windows.state;
        let letters: serde_json::Map<String, Value> = self
            .letters
            .iter()
            .map(|(who, letter)| (letter.to_string(), json!(who)))
            .collect();
        let now = super::state::seconds();
        let for_ever = |(line, _): &(String, i32)| line.contains("/maxpwage:unlimited");
        let old = now.saturating_sub(state.installed) > PASSWORD_AGE;
        json!({
            "settings": self.settings,
            "dataDisk": self.data.as_ref().map(Attached::told),
            "letters": letters,
            "media": {
                "first": medium::present(Drive::First),
                "second": medium::present(Drive::Second),
            },
            "clock": super::state::now(),
            "passwordsExpired": old && !state.commands.iter().any(for_ever),
            "passwords": state.passwords,
            "computerName": state.computer_name,
            "starts": state.starts,
            "failures": self.failures,
            "machine": state.machine.last(),
        })
    }
}

/// Whatever is not for this start is out of the drives.
fn no_other_media(windows: &Windows) -> Result<()> {
    if windows.state.config.fault != Fault::CdsStay {
        let stays = medium::present(Drive::First);
        ensure!(!stays, "a CD is still in the first drive");
    }
    Ok(())
}
