//! How much of a stage is done, where something measures it.

use std::time::Duration;

/// The whole, in per mille.
pub(super) const WHOLE: u64 = 1000;

/// A measured share: clamped, and never less than before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    permille: Option<u64>,
    /// When it was measured first, and how much it was then.
    since: Option<(Duration, u64)>,
}

impl Share {
    /// It was measured.
    pub(super) fn reached(&mut self, now: Duration, permille: u64) {
        let most = self.permille.unwrap_or(0).max(permille.min(WHOLE));
        self.permille = Some(most);
        self.since.get_or_insert((now, most));
    }

    pub(super) fn permille(&self) -> Option<u64> {
        self.permille
    }

    /// How long the rest takes if it goes on as it did since the first measure; `None` while too
    /// little of it was seen, and when nothing is left.
    pub(super) fn left(&self, now: Duration, least: u64, time: Duration) -> Option<Duration> {
        let (since, first) = self.since?;
        let permille = self.permille?;
        let (spent, done) = (now.saturating_sub(since), permille - first);
        if done < least || spent < time || permille >= WHOLE {
            return None;
        }
        let rest = u32::try_from(WHOLE - permille).ok()?;
        Some(spent * rest / u32::try_from(done).ok()?)
    }
}

/// A part of a whole in per mille, at most all of it.
pub(super) fn of(part: u64, whole: u64) -> u64 {
    let permille = u128::from(part) * u128::from(WHOLE) / u128::from(whole.max(1));
    u64::try_from(permille).unwrap_or(WHOLE).min(WHOLE)
}
