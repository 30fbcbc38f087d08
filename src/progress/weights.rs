//! How much of an install's time each stage takes, compared with the others.

use super::Stage;

/// An image this small is no Windows but the stand-in that this project is tested with.
const STANDIN_BYTES_MAX: u64 = 1 << 30;

/// What the stages took of an install of the stand-in under TCG, in milliseconds: Windows 11 25H2
/// with Secure Boot and a TPM, two cores.
const STANDIN: [u64; 9] = [800, 400, 7200, 22_400, 34_900, 100, 22_500, 100, 9000];
/// For a real Windows: nobody has measured one. They shape the bar and give no times.
const ASSUMED: [u64; 9] = [1, 1, 2, 40, 25, 15, 8, 2, 6];

/// The same for a layer, which has no Setup.
const ASSUMED_OF_LAYER: [u64; 9] = [1, 1, 2, 0, 0, 60, 20, 5, 10];

/// One weight per stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    each: [u64; 9],
    measured: bool,
}

impl Weights {
    /// For an image whose files take so many bytes.
    #[must_use]
    pub fn of_image(bytes: u64) -> Self {
        if bytes < STANDIN_BYTES_MAX {
            Self::measured(STANDIN)
        } else {
            Self {
                each: ASSUMED,
                measured: false,
            }
        }
    }

    /// For a layer's steps.
    #[must_use]
    pub fn of_layer() -> Self {
        Self {
            each: ASSUMED_OF_LAYER,
            measured: false,
        }
    }

    /// Times of one install, a figure per stage in its order: estimates may rest on them.
    #[must_use]
    pub fn measured(each: [u64; 9]) -> Self {
        Self {
            each,
            measured: true,
        }
    }

    pub(super) fn are_measured(&self) -> bool {
        self.measured
    }

    pub(super) fn of(&self, stage: Stage) -> u64 {
        self.sum(|other| other == stage)
    }

    pub(super) fn before(&self, stage: Stage) -> u64 {
        self.sum(|other| other < stage)
    }

    pub(super) fn after(&self, stage: Stage) -> u64 {
        self.sum(|other| other > stage)
    }

    pub(super) fn all(&self) -> u64 {
        self.sum(|_| true)
    }

    fn sum(&self, wanted: impl Fn(Stage) -> bool) -> u64 {
        let each = Stage::ALL.into_iter().zip(self.each);
        each.filter(|(stage, _)| wanted(*stage))
            .map(|(_, weight)| weight)
            .sum()
    }
}
