//! When Windows has nothing left to do.

/// What was seen between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How much of all processors' time was used, in percent.
    pub busy_percent: u32,
    /// What was read and written on the disk, in bytes a second.
    pub disk_bytes: u64,
    /// Windows' servicing, or an installer, is at work.
    pub servicing: bool,
}

/// Above these something is at work. An idle Windows uses a few percent, and writes now and then.
const BUSY_PERCENT: u32 = 10;
const DISK_BYTES: u64 = 1 << 20;

/// How long it must have been quiet in one go, in seconds.
pub const QUIET_SEC: u64 = 60;

/// Judges samples as they come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judge {
    quiet_sec: u64,
}

impl Judge {
    /// Takes what was seen during some seconds; true when it has been quiet for long enough.
    pub fn hear(&mut self, sample: Sample, sec: u64) -> bool {
        let quiet = sample.busy_percent < BUSY_PERCENT
            && sample.disk_bytes < DISK_BYTES
            && !sample.servicing;
        self.quiet_sec = if quiet { self.quiet_sec + sec } else { 0 };
        self.quiet_sec >= QUIET_SEC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_is_a_minute_without_work() {
        let still = Sample {
            busy_percent: 3,
            disk_bytes: 4096,
            servicing: false,
        };
        let mut judge = Judge::default();
        assert!(!judge.hear(still, 59));
        let at_work = [
            Sample {
                busy_percent: 90,
                ..still
            },
            Sample {
                disk_bytes: 5 << 20,
                ..still
            },
            Sample {
                servicing: true,
                ..still
            },
        ];
        for sample in at_work {
            assert!(!judge.hear(sample, 100), "{sample:?}");
            assert!(!judge.hear(still, 59), "{sample:?}");
        }
        assert!(judge.hear(still, 1));
    }
}
