//! What a person is told about a run that did not end well: cause and way out.

use std::time::Duration;

use super::course::Course;
use super::escape;
use super::firmware::Source;
use super::keys::Keys;
use super::phase::Phase;
use crate::failure::Story;
use crate::spec::Bus;

/// A cause and the way out, where both are always the same.
pub(super) type Told = (&'static str, &'static str);

pub(super) const POWER_OFF: Told = (
    "the guest powered itself off without having said `done`",
    "Setup, a step or a crash switched the machine off: `events.jsonl` says what ran last, and \
     `setup/` holds Setup's logs",
);
pub(super) const EARLY_DONE: Told = (
    "the guest said `done` before its disk had started alone",
    VERSIONS_HINT,
);
pub(super) const A_MACHINE: Told = (
    "the guest started as a machine, and found no steps of this build",
    "the guest program did not see the answer ISO: `serial.log` holds what it said, and a guest \
     program and a helper of two versions may differ in where it lies",
);
pub(super) const LATE_RESTART: Told = (
    "the guest said `done` but restarted",
    "an update or a program asked for a restart behind everybody's back: `setup/` and \
     `events.jsonl` say which ran last",
);
pub(super) const SECOND_CD_START: Told = (
    "the firmware started the CD again after Setup had written to the disk",
    "the disk holds nothing that the firmware starts: Setup did not get as far as the boot files, \
     or it wrote them for the other firmware",
);
pub(super) const CD_IN_LAYER: Told = (
    "the firmware started a CD, and a layer has none to start",
    NO_DISK_HINT,
);
const NO_DISK_HINT: &str = "the base's disk and its firmware's variables are a pair: see that the \
     image is whole, and that no layer below changed what the firmware starts";

pub(super) const SETUP_RESTARTS_HINT: &str = "Windows PE does not start on this machine: see that \
     the ISO is whole (`lucarne iso`), give it more `machine.memoryMib`, or another `machine.cpu`";
pub(super) const STEP_HINT: &str = "the exit code and the words are the step's own; `events.jsonl` \
     and `serial.log` hold what it said before";
pub(super) const GAVE_UP_HINT: &str = "these are the guest program's own words; `serial.log` holds \
     what it said before, `setup/` Setup's logs";
pub(super) const VERSIONS_HINT: &str = "the guest program and this helper are of two versions: \
     take both from one commit";
pub(super) const CRASH_HINT: &str = "the screen names the stop code; another virtio-win, `disk.bus \
     = \"sata\"` or another `machine.cpu` tells whether a driver or the CPU model is to blame";

pub(super) const ENDED_HINT: &str = "something on this host told QEMU to end: its log says what \
     (`journalctl`)";
pub(super) const EXITED_HINT: &str = "the words are QEMU's own; the kernel's log says whether it \
     was killed, as for want of memory (`dmesg`)";
pub(super) const STOPPED_HINT: &str = "the host's kernel or QEMU failed: `dmesg` says more, and \
     `qmp.jsonl` holds what QEMU said";
pub(super) const NO_SPACE_HINT: &str = "free some, or name another folder with `--work`; in a Nix \
     build that is `build-dir` in `nix.conf`";
pub(super) const DISK_ERROR_HINT: &str = "the host's disk under the work folder failed: `dmesg` \
     says more";

/// What to do about a machine that never stops starting.
pub(super) fn restarts_hint(phase: Phase) -> &'static str {
    match phase {
        Phase::Steps => {
            "a step that asks for a restart each time it runs never ends: `events.jsonl` says which"
        }
        _ => {
            "Windows does not start from its disk: the screen and `setup/` say why; `disk.bus = \
             \"sata\"` or another virtio-win tells whether it is a driver"
        }
    }
}

const NO_CD_HINT: &str = "see that the ISO is whole and one of Windows for x64 (`lucarne iso`), \
     and that it has a boot image for this firmware";
const KEYS_HINT: &str = "an ISO of Microsoft's has a boot image that asks for none: take one that \
     was not repacked";

/// A step that failed.
pub(super) fn step(message: Option<&str>, exit: Option<i64>) -> String {
    let exit = exit.map_or_else(String::new, |exit| format!(" with exit code {exit}"));
    let message = message.map_or_else(String::new, |text| format!(": {}", escape(text)));
    format!("the step failed{exit}{message}")
}

/// A guest program of another protocol.
pub(super) fn foreign(protocol: &str) -> String {
    format!(
        "the guest program speaks `{protocol}`, this is `{}`",
        lucarne_protocol::PROTOCOL
    )
}

impl Course {
    /// What happened, where the course is.
    #[must_use]
    pub fn story(&self, cause: impl Into<String>, hint: &str) -> Story {
        Story {
            phase: self.phase.as_str().into(),
            step: self.step.clone(),
            cause: cause.into(),
            hint: hint.into(),
        }
    }

    /// Setup without a disk waits behind a dialog, and a dialog is all that it shows.
    pub(super) fn no_write(&self, spent: Duration) -> Story {
        let (bus, needs) = match self.bus {
            Bus::VirtioScsi => ("virtio-scsi", Some("vioscsi")),
            Bus::VirtioBlk => ("virtio-blk", Some("viostor")),
            Bus::Nvme => ("nvme", None),
            Bus::Sata => ("sata", None),
        };
        let sec = spent.as_secs();
        let question = "waits behind a question that the answer file does not answer";
        let (cause, hint) = match needs {
            Some(driver) => (
                format!("it has no driver for the disk's bus `{bus}`, or {question}"),
                format!(
                    "see that the virtio-win ISO has `{driver}` for this release of Windows, or \
                     set `disk.bus` to `sata`"
                ),
            ),
            None => (
                format!("it {question}"),
                format!("Windows has a driver for `{bus}` of its own; see the answer file"),
            ),
        };
        let cause = format!("Setup wrote nothing to the disk for {sec} s: {cause}");
        self.story(cause, &hint)
    }

    pub(super) fn nothing_to_boot(&self) -> Story {
        match (self.phase, &self.cd_refused) {
            (Phase::Firmware, _) if self.installed => {
                self.story("the firmware found nothing to start", NO_DISK_HINT)
            }
            (Phase::Firmware, Some(reason)) => {
                let cause = format!("the firmware could not start the CD: {reason}");
                self.story(cause, NO_CD_HINT)
            }
            (Phase::Firmware, None) => {
                self.story("the firmware found nothing to start", NO_CD_HINT)
            }
            (Phase::WindowsPe, _) if matches!(self.keys, Keys::Pressed { .. }) => self.story(
                "the CD asked for a key, and its boot loader gave up though one was pressed",
                KEYS_HINT,
            ),
            (Phase::WindowsPe, _) => self.story(
                "the CD's boot loader gave up, or the disk does not start",
                "a loader that waits for a key gives up after a while",
            ),
            _ => {
                let cause = "the firmware found nothing to start on the disk";
                self.story(cause, SECOND_CD_START.1)
            }
        }
    }

    /// The firmware's own word for it, which Secure Boot alone has.
    pub(super) fn not_trusted(&self, source: &Source, reason: &str) -> Story {
        let (what, hint) = match source {
            Source::Cd => (
                "CD",
                "the CD's boot loader is not signed for the keys in the firmware's variables: name \
                 others as `varsMs` of the tools, take another ISO, or set `firmware.secureBoot = \
                 false`",
            ),
            Source::Disk | Source::Other(_) => (
                "disk",
                "what Setup put onto the disk is not signed for the keys in the firmware's \
                 variables: name others as `varsMs` of the tools, or set `firmware.secureBoot = \
                 false`",
            ),
        };
        let reason = escape(reason);
        let cause = format!("Secure Boot does not trust the {what}'s boot loader: {reason}");
        self.story(cause, hint)
    }

    /// Nothing came of the key presses.
    pub(super) fn keys_in_vain(&self, spent: Duration) -> Story {
        let sec = spent.as_secs();
        self.story(
            format!("the CD asked for a key, and took none within {sec} s"),
            KEYS_HINT,
        )
    }

    pub(super) fn late(&self, limit: Duration) -> Story {
        let sec = limit.as_secs();
        let waited_for = match self.phase {
            Phase::Firmware if self.installed => "the firmware did not start the disk",
            Phase::Firmware => "the firmware did not start the CD",
            Phase::WindowsPe => "Setup did not restart into the disk",
            Phase::Specialize => "the guest program did not say `hello`",
            Phase::Steps if !self.greeted => "the guest program did not say `hello`",
            Phase::Steps if self.step.is_some() => "the step did not end",
            Phase::Steps => "the steps did not end",
            Phase::Settle => "the guest did not say `done`",
            Phase::Shutdown => "the guest did not power itself off",
        };
        let option = match self.phase {
            Phase::Firmware => "firmwareSec",
            Phase::WindowsPe => "windowsPESec",
            Phase::Specialize => "specializeSec",
            Phase::Steps => "stepsSec",
            Phase::Settle => "settleSec",
            Phase::Shutdown => "shutdownSec",
        };
        self.story(
            format!("{waited_for} within {sec} s"),
            &format!("`install.deadlines.{option}` gives it more time"),
        )
    }

    pub(super) fn late_in_all(&self) -> Story {
        let sec = self.limits.total.as_secs();
        let what = if self.installed { "layer" } else { "install" };
        self.story(
            format!("the {what} did not end within {sec} s"),
            "`install.deadlines.totalSec` gives it more time",
        )
    }
}
