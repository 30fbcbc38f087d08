//! The start of a machine: its settings, the image's own steps, and then whoever may comes in.
//!
//! What fails is told and the rest is done: a machine that some of its settings are missing from is
//! better than one that is switched off. Nothing here restarts Windows but the making of an
//! identity.

use lucarne_protocol::settings::{Purpose, Settings};
use lucarne_protocol::step::{Phase, Service, Step};
use lucarne_protocol::{Kind, START, Status};

use super::{Course, Then, again_skipped, of_phase};
use crate::boot::{Part, Work, doors, works};
use crate::machine::{Machine, Performed};
use crate::state::{Identity, IdentityStage};

/// How often the making of an identity may begin. It has three starts, and a kill may cost one more
/// each; nothing goes on for ever, whatever becomes of the disk at each RESET.
pub(crate) const IDENTITY_STARTS_MAX: u32 = 8;
/// Why a service is left as it is.
const SHUT: &str = "nobody is let in: who may is not known";

impl<M: Machine> Course<'_, M> {
    pub(super) fn start(&mut self) -> Result<Then, String> {
        let read = self.machine.settings();
        let is_identity = |settings: &Settings| settings.purpose == Purpose::Identity;
        let (settings, unread) = match read {
            Ok(Some(settings)) if is_identity(&settings) => return self.identity(&settings),
            Ok(settings) => (settings, None),
            Err(error) => (None, Some(error)),
        };
        let begun = self.state.identity.as_ref();
        if begun.is_some_and(|identity| identity.stage != IdentityStage::Done) {
            let why = unread.unwrap_or_else(|| "its settings are gone".to_owned());
            return Ok(self.no_identity(&format!("the identity was begun, and {why}")));
        }
        let wrong = self.works(settings.as_ref(), unread);
        if wrong.is_empty() {
            self.machine.say(Kind::Applied);
            self.machine.say(Kind::Ready);
        } else {
            let message = format!("steps of the start failed: {}", wrong.join(", "));
            self.machine.send_logs();
            self.machine.say(Kind::Failed { message });
        }
        Ok(Then::Ready)
    }

    /// Does all that a start does, and gives the names of what failed.
    fn works(&mut self, settings: Option<&Settings>, unread: Option<String>) -> Vec<String> {
        let steps = self.steps;
        let image: Vec<&Step> = of_phase(steps, Phase::Boot).collect();
        let works = works(settings, &image);
        let of = u32::try_from(works.len()).unwrap_or(u32::MAX);
        let mut wrong = Vec::new();
        if let Some(error) = unread {
            let text = format!("the settings cannot be read: {error}");
            self.output(&format!("{START}settings"), text);
            wrong.push("the settings".to_owned());
        }
        // Nobody is let in by the image's passwords where a machine has others.
        let mut shut = !wrong.is_empty();
        if shut {
            self.shut(settings);
        }
        for (n, work) in (1..).zip(works) {
            if shut && work.is_door(settings) {
                self.leave_shut(work, (n, of));
            } else if let Some(name) = self.work(work, (n, of), settings) {
                if work.is_lock() && !shut {
                    shut = true;
                    self.shut(settings);
                }
                wrong.push(format!("`{name}`"));
            }
        }
        wrong
    }

    /// Shuts all that lets somebody in, whoever started it: Windows itself may have, where neither
    /// the image nor an earlier start disabled it.
    fn shut(&mut self, settings: Option<&Settings>) {
        for name in doors(settings) {
            if let Err(error) = self.machine.shut(name) {
                let text = format!("`{name}` may let somebody in: {error}");
                self.output(&format!("{START}services"), text);
            }
        }
    }

    /// Starts nobody.
    fn leave_shut(&mut self, work: Work<'_>, place: (u32, u32)) {
        let nothing = Performed::default();
        self.say_named(work.named(), place, Status::Start, &nothing, None);
        let why = Some(SHUT.to_owned());
        self.say_named(work.named(), place, Status::Skipped, &nothing, why);
    }

    /// Does one thing; gives its name where it failed.
    fn work(
        &mut self,
        work: Work<'_>,
        place: (u32, u32),
        settings: Option<&Settings>,
    ) -> Option<String> {
        let named = work.named();
        self.say_named(named, place, Status::Start, &Performed::default(), None);
        let (status, done) = match (work, settings) {
            (Work::Step(step), _) => match work.door(settings) {
                Some(door) => self.open(step, door),
                None => self.attempt(step, M::perform),
            },
            (Work::Part(part), Some(settings)) => {
                let done = self.machine.apply(part, settings);
                let failed = done.error.is_some();
                (if failed { Status::Failed } else { Status::Ok }, done)
            }
            // Only settings have parts.
            (Work::Part(_), None) => (Status::Skipped, Performed::default()),
        };
        let message = done.error.clone().or(again_skipped(status));
        self.say_named(named, place, status, &done, message);
        (status == Status::Failed).then(|| named.1.to_owned())
    }

    /// Opens a door. One that its step does not begin, since its check holds, may run by itself.
    fn open(&mut self, step: &Step, door: &Service) -> (Status, Performed) {
        let (status, done) = self.attempt(step, |machine, step| machine.open(step, door));
        let disabled = match status {
            Status::Ok => Ok(()),
            _ => self.machine.disable(&door.name),
        };
        match disabled {
            Ok(()) => (status, done),
            Err(error) => {
                let both = done.error.iter().cloned().chain([error]);
                let error = both.collect::<Vec<_>>().join("; ");
                (
                    Status::Failed,
                    Performed {
                        error: Some(error),
                        ..done
                    },
                )
            }
        }
    }

    /// Makes the machine who it is to be: apply, restart, look, switch off.
    fn identity(&mut self, settings: &Settings) -> Result<Then, String> {
        let mut identity = self.state.identity.take().unwrap_or_default();
        identity.starts = identity.starts.saturating_add(1);
        let (starts, stage) = (identity.starts, identity.stage);
        self.state.identity = Some(identity);
        self.save()?;
        if starts > IDENTITY_STARTS_MAX {
            let message = format!("the identity was begun {IDENTITY_STARTS_MAX} times in vain");
            return Ok(self.no_identity(&message));
        }
        match stage {
            IdentityStage::Begun if settings.own_sid => self.own_sid(settings),
            IdentityStage::Begun | IdentityStage::OwnSid => {
                let wrong = self.works(Some(settings), None);
                if wrong.is_empty() {
                    self.go_on(IdentityStage::Applied)
                } else {
                    let message = format!("the identity was not made: {}", wrong.join(", "));
                    Ok(self.no_identity(&message))
                }
            }
            IdentityStage::Applied | IdentityStage::Done => self.look_at(settings),
        }
    }

    fn own_sid(&mut self, settings: &Settings) -> Result<Then, String> {
        let old = match self.machine.sid() {
            Ok(sid) => sid,
            Err(error) => return Ok(self.no_identity(&error)),
        };
        if let Some(identity) = &mut self.state.identity {
            identity.old_sid = Some(old);
        }
        match self.work(Work::Part(Part::OwnSid), (1, 1), Some(settings)) {
            None => self.go_on(IdentityStage::OwnSid),
            Some(_) => Ok(self.no_identity("the machine got no SID of its own")),
        }
    }

    /// After the restart: what was asked for is in force, or there is no identity.
    fn look_at(&mut self, settings: &Settings) -> Result<Then, String> {
        let wrong = self.work(Work::Part(Part::Identity), (1, 1), Some(settings));
        let old = self
            .state
            .identity
            .as_ref()
            .and_then(|it| it.old_sid.clone());
        if wrong.is_some() {
            return Ok(self.no_identity("the identity is not in force after the restart"));
        }
        match (settings.own_sid, self.machine.sid()) {
            (true, Err(error)) => return Ok(self.no_identity(&error)),
            (true, Ok(sid)) if old.as_ref().is_none_or(|old| *old == sid) => {
                return Ok(self.no_identity("the machine has its image's SID still"));
            }
            _ => {}
        }
        if let Some(identity) = &mut self.state.identity {
            identity.starts = 0;
        }
        self.go_on(IdentityStage::Done)
    }

    fn go_on(&mut self, stage: IdentityStage) -> Result<Then, String> {
        let identity = self.state.identity.get_or_insert_with(Identity::default);
        identity.stage = stage;
        self.state.leaving = Some(self.machine.windows_start());
        self.save()?;
        Ok(self.leave())
    }

    /// The host throws the layer away. The state says nothing of it, so that another try is one.
    fn no_identity(&mut self, message: &str) -> Then {
        let message = message.to_owned();
        self.machine.send_logs();
        self.machine.say(Kind::Failed { message });
        Then::PowerOff
    }
}
