//! Times as RFC 3339, in UTC; the guest's clock may start at another time than the host's.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

const DAY: u64 = 86_400;

/// Seconds since 1970 by the host's clock; one before that is taken for 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The days of the years to 9999, the last that four digits hold.
const DAYS_MAX: u64 = 8030 * 366;

/// `2026-01-02T03:04:05Z`.
#[must_use]
pub fn rfc3339(time: u64) -> String {
    let (year, month, day) = date(time / DAY);
    let second = time % DAY;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads what [`rfc3339`] writes, which is what the plan lets pass.
pub(super) fn parse(text: &str) -> anyhow::Result<u64> {
    let read = || {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let time = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
        // Counted up: the calendar's rules stand in one place.
        let first = (0..DAYS_MAX).find(|days| date(*days).0 == year.max(1970))?;
        let day = (first..first + 366).find(|days| date(*days) == (year, month, day))?;
        Some(day * DAY + time)
    };
    read().with_context(|| format!("`{text}` is not a time"))
}

/// Year, month and day of the days since 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    // Years that begin in March have their odd day at the end; 400 of them have 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month < 3), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        for (time, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(time), text);
            assert_eq!(parse(text).expect("a time"), time);
        }
        assert!(parse("2026-13-02T03:04:05Z").is_err());
        assert!(parse("ä").is_err());
    }
}
