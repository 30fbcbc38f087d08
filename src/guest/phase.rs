//! The phases of an install as the host sees them, and how long each may take.

use std::fmt;
use std::time::Duration;

use crate::machine::Accel;
use crate::plan::Install;

/// How often Windows PE may start without having written anything.
pub(super) const CD_STARTS_MAX: u32 = 3;
/// Fewer new bytes on the disk than this are no progress: an idle Windows writes every few seconds.
pub(super) const PROGRESS_BYTES: u64 = 1 << 20;

/// Where an install is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// From power-on until the CD is started.
    Firmware,
    /// Setup in Windows PE, until the disk is started.
    WindowsPe,
    /// From the disk's first start until the guest program's `hello`: the passes specialize and
    /// oobeSystem, and the first logon.
    Specialize,
    /// The guest program at work.
    Steps,
    /// The last start, with both CDs empty, until `done`.
    Settle,
    /// From `done` to power-off.
    Shutdown,
}

impl Phase {
    /// Its name in messages and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firmware => "firmware",
            Self::WindowsPe => "windowsPE",
            Self::Specialize => "specialize",
            Self::Steps => "steps",
            Self::Settle => "settle",
            Self::Shutdown => "shutdown",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much longer everything takes under TCG than the spec's figures, which are KVM's.
///
/// Measured with QEMU 10 and `-cpu max`: the same static program takes 13 times as long in the
/// guest as on the host for a hash over a table, 10 for a tree of strings, 8 for copying memory.
pub(crate) const TCG_FACTOR: u32 = 10;

/// How long a run may take, scaled for the accelerator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub firmware: Duration,
    pub windows_pe: Duration,
    pub specialize: Duration,
    pub steps: Duration,
    pub settle: Duration,
    pub shutdown: Duration,
    pub total: Duration,
    /// No progress for this long is worth a word.
    pub stall: Duration,
}

impl Limits {
    /// The plan's figures for one accelerator.
    #[must_use]
    pub fn new(install: &Install, accel: Accel) -> Self {
        let factor = match accel {
            Accel::Kvm => 1,
            Accel::Tcg => TCG_FACTOR,
        };
        let scaled = |sec: u64| Duration::from_secs(sec.saturating_mul(factor.into()));
        let deadlines = &install.deadlines;
        Self {
            firmware: scaled(deadlines.firmware_sec),
            windows_pe: scaled(deadlines.windows_pe_sec),
            specialize: scaled(deadlines.specialize_sec),
            steps: scaled(deadlines.steps_sec),
            settle: scaled(deadlines.settle_sec),
            shutdown: scaled(deadlines.shutdown_sec),
            total: scaled(deadlines.total_sec),
            stall: scaled(install.stall_sec),
        }
    }

    /// The limit of one phase.
    #[must_use]
    pub fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Firmware => self.firmware,
            Phase::WindowsPe => self.windows_pe,
            Phase::Specialize => self.specialize,
            Phase::Steps => self.steps,
            Phase::Settle => self.settle,
            Phase::Shutdown => self.shutdown,
        }
    }
}
