//! The start of a sealed image, as it is heard: what counts, what to do, how it ended.

use std::time::Duration;

use lucarne_protocol::Kind;
use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Story;
use crate::guest::{Boot as Firmware, Input, Source, Verdict, escape};
use crate::qemu::Event;

/// How often the guest is asked to power itself off: Windows misses what comes too early.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// When things happened at the start of the sealed image, in milliseconds after power-on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(
    clippy::struct_field_names,
    reason = "the unit belongs into the report's names"
)]
pub(super) struct Times {
    /// The firmware started the disk.
    pub(super) disk_started_ms: Option<u64>,
    /// The guest program said `hello`.
    pub(super) hello_ms: Option<u64>,
    /// It said `ready`.
    pub(super) ready_ms: Option<u64>,
    /// The power button was pressed.
    pub(super) asked_ms: Option<u64>,
    /// The guest powered itself off.
    pub(super) powered_off_ms: Option<u64>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Do {
    /// Press the power button.
    Ask,
    End(Verdict),
}

/// One start.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) times: Times,
    /// How long it may take until `ready`, and from the power button to the end.
    up: Duration,
    off: Duration,
    /// When it was asked first, and last.
    asked: Option<(Duration, Duration)>,
}

impl Watch {
    pub(super) fn new(up: Duration, off: Duration) -> Self {
        Self {
            times: Times::default(),
            up,
            off,
            asked: None,
        }
    }

    pub(super) fn hear(&mut self, now: Duration, input: &Input) -> Option<Do> {
        let ms = Some(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        let times = &mut self.times;
        match input {
            Input::Boot(Firmware::Starting(Source::Disk)) => {
                times.disk_started_ms = times.disk_started_ms.or(ms);
                None
            }
            Input::Boot(Firmware::Nothing) => {
                Some(fail("the firmware found nothing to start on the disk"))
            }
            Input::Guest(said) => match &said.kind {
                Kind::Hello { .. } => {
                    times.hello_ms = times.hello_ms.or(ms);
                    None
                }
                Kind::Ready if self.asked.is_none() => {
                    times.ready_ms = ms;
                    times.asked_ms = ms;
                    self.asked = Some((now, now));
                    Some(Do::Ask)
                }
                Kind::Failed { message } => {
                    Some(fail(format!("the guest gave up: {}", escape(message))))
                }
                _ => None,
            },
            Input::Qemu(Event::Shutdown { guest, reason }) => {
                times.powered_off_ms = ms;
                Some(match (guest, reason.as_str(), self.asked) {
                    (true, "guest-shutdown", Some(_)) => Do::End(Verdict::Done),
                    (true, "guest-shutdown", None) => {
                        fail("the guest powered itself off before it was ready")
                    }
                    _ => fail(format!("the machine ended ({})", escape(reason))),
                })
            }
            Input::Qemu(Event::GuestPanicked { .. }) => Some(fail("the guest's system crashed")),
            Input::Exited(words) => Some(Do::End(Verdict::Host(story(format!(
                "QEMU ended by itself: {words}"
            ))))),
            Input::Tick => self.tick(now),
            _ => None,
        }
    }

    fn tick(&mut self, now: Duration) -> Option<Do> {
        let Some((first, last)) = &mut self.asked else {
            let late = now >= self.up;
            return late.then(|| late_by(self.up, "the guest did not say `ready`"));
        };
        if now.saturating_sub(*first) >= self.off {
            return Some(late_by(self.off, "the guest did not power itself off"));
        }
        if now.saturating_sub(*last) >= ASK_AGAIN {
            *last = now;
            return Some(Do::Ask);
        }
        None
    }
}

fn late_by(limit: Duration, what: &str) -> Do {
    let sec = limit.as_secs();
    Do::End(Verdict::TimedOut(story(format!("{what} within {sec} s"))))
}

fn fail(cause: impl Into<String>) -> Do {
    Do::End(Verdict::Guest(story(cause)))
}

fn story(cause: impl Into<String>) -> Story {
    Story {
        phase: "boot".into(),
        step: None,
        cause: cause.into(),
        hint: "the image was sealed, but does not start and stop by itself: its report tells"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lucarne_protocol::Event as Said;

    fn sec(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn said(kind: Kind) -> Input {
        Input::Guest(Said { seq: 1, kind })
    }

    fn off() -> Input {
        Input::Qemu(Event::Shutdown {
            guest: true,
            reason: "guest-shutdown".into(),
        })
    }

    fn watch() -> Watch {
        Watch::new(sec(100), sec(30))
    }

    #[test]
    fn a_guest_that_is_ready_is_asked_until_it_goes() {
        let mut watch = watch();
        assert_eq!(watch.hear(sec(99), &Input::Tick), None);
        assert_eq!(watch.hear(sec(99), &said(Kind::Ready)), Some(Do::Ask));
        assert_eq!(watch.hear(sec(108), &Input::Tick), None);
        assert_eq!(watch.hear(sec(109), &Input::Tick), Some(Do::Ask));
        assert_eq!(watch.hear(sec(110), &said(Kind::Ready)), None);
        assert_eq!(watch.hear(sec(112), &off()), Some(Do::End(Verdict::Done)));
        assert_eq!(watch.times.ready_ms, Some(99_000));
        assert_eq!(watch.times.powered_off_ms, Some(112_000));
    }

    #[test]
    fn every_other_way_is_a_failure() {
        let cause = |done: Option<Do>| match done {
            Some(Do::End(Verdict::Guest(story) | Verdict::TimedOut(story))) => story.cause,
            other => panic!("no failure: {other:?}"),
        };
        assert!(cause(watch().hear(sec(100), &Input::Tick)).contains("`ready` within 100 s"));
        assert!(cause(watch().hear(sec(1), &off())).contains("before it was ready"));
        let mut asked = watch();
        _ = asked.hear(sec(1), &said(Kind::Ready));
        assert!(cause(asked.hear(sec(31), &Input::Tick)).contains("off within 30 s"));
        let nothing = Input::Boot(Firmware::Nothing);
        assert!(cause(watch().hear(sec(1), &nothing)).contains("nothing to start"));
    }
}
