//! How often progress is told to somebody who keeps every word of it.

use std::time::Duration;

use super::Stage;

/// At most one a second.
const PAUSE: Duration = Duration::from_secs(1);

/// Lets a new stage through at once, and other figures of the same stage after a pause. `T` is
/// what is told of a stage, in whole percents.
#[derive(Debug)]
pub struct Throttle<T>(Option<(Duration, Stage, T)>);

impl<T> Default for Throttle<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PartialEq> Throttle<T> {
    /// Whether it is told. What is held back is not kept: progress comes again every two seconds.
    pub fn lets(&mut self, now: Duration, stage: Stage, figures: T) -> bool {
        let tells = match &self.0 {
            Some((at, last, told)) if *last == stage => {
                *told != figures && now.saturating_sub(*at) >= PAUSE
            }
            _ => true,
        };
        if tells {
            self.0 = Some((now, stage, figures));
        }
        tells
    }
}
