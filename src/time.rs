//! Times as RFC 3339 in UTC, to the second: `2026-01-31T12:00:00Z`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970 by the host's clock; one before that is taken for 1970.
#[must_use]
pub fn now() -> u64 {
    since_1970(SystemTime::now())
}

/// The text of a time.
#[must_use]
pub fn rfc3339(time: u64) -> String {
    // What the library does not write is the year 10,000.
    const LAST: u64 = 253_402_300_799;
    let time = UNIX_EPOCH + Duration::from_secs(time.min(LAST));
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Seconds since 1970; `None` for what is no such time.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    // The library takes fractions and a space for the `T` too.
    if text.len() != "2026-01-31T12:00:00Z".len() || text.as_bytes()[10] != b'T' {
        return None;
    }
    humantime::parse_rfc3339(text).ok().map(since_1970)
}

/// What a clock must be set to so that it is not before a time. `None`: the host's will do.
#[must_use]
pub fn not_before(text: &str) -> Option<String> {
    let time = parse(text)?;
    (now() < time).then(|| rfc3339(time))
}

fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_only_where_the_hosts_is_behind() {
        assert_eq!(not_before("2026-01-01T00:00:00Z"), None);
        let later = "2100-01-01T00:00:00Z";
        assert_eq!(not_before(later).as_deref(), Some(later));
        assert_eq!(not_before("no time"), None);
    }

    #[test]
    fn times_are_written_and_read() {
        for (time, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(time), text);
            assert_eq!(parse(text), Some(time));
        }
        assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_no_time_in_utc_is_refused() {
        for bad in [
            "",
            "ä",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00Z",
            "2026-01-31T12:00:0.Z",
            "2026-02-29T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:00+01:00",
            "2026-01-31T+1:00:00Z",
            "12026-01-31T12:00:0Z",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
