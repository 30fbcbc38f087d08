//! The two small files beside the images that tell Setup what to offer: `ei.cfg` and `PID.txt`.
//!
//! Layout: "Windows Setup Edition Configuration and Product ID Files" of Microsoft's
//! documentation. Setup goes by the answer file first, then by these.

use anyhow::{Context as _, bail, ensure};

/// Each is a few lines.
pub(super) const BYTES_MAX: u64 = 64 << 10;
/// Longer than an edition, a channel or a key; in bytes.
const VALUE_BYTES_MAX: usize = 128;

/// What `sources/ei.cfg` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EiCfg {
    /// `[EditionID]`, such as `Professional`; absent where any image may be chosen.
    pub edition_id: Option<String>,
    /// `[Channel]`: `Retail`, `OEM`, `Volume` …
    pub channel: Option<String>,
    /// `[VL]`: whether these are volume licences, which need no key to install.
    pub volume_license: Option<bool>,
}

/// Reads `ei.cfg`: below each heading in brackets, one line that is its value.
pub(super) fn ei_cfg(bytes: &[u8]) -> anyhow::Result<EiCfg> {
    let text = decode(bytes)?;
    let mut found = EiCfg::default();
    let mut heading = String::new();
    for (number, line) in lines(&text) {
        if let Some(name) = in_brackets(line) {
            heading = name.to_ascii_lowercase();
            continue;
        }
        let value = bounded(line).with_context(|| format!("line {number}"))?;
        match heading.as_str() {
            "editionid" => first(&mut found.edition_id, value),
            "channel" => first(&mut found.channel, value),
            "vl" => {
                let is_volume = match value {
                    "0" => false,
                    "1" => true,
                    other => bail!(
                        "line {number}: `[VL]` is `{}`, neither 0 nor 1",
                        other.escape_debug()
                    ),
                };
                found.volume_license.get_or_insert(is_volume);
            }
            // Setup knows no other headings; a later one may.
            _ => {}
        }
    }
    Ok(found)
}

/// Reads the product key of `PID.txt`: `Value=` below `[PID]`.
pub(super) fn pid(bytes: &[u8]) -> anyhow::Result<Option<String>> {
    let text = decode(bytes)?;
    let mut found = None;
    let mut is_pid = false;
    for (number, line) in lines(&text) {
        if let Some(name) = in_brackets(line) {
            is_pid = name.eq_ignore_ascii_case("pid");
        } else if let Some((name, value)) = line.split_once('=')
            && is_pid
            && name.trim().eq_ignore_ascii_case("value")
        {
            let value = bounded(value.trim()).with_context(|| format!("line {number}"))?;
            if !value.is_empty() {
                first(&mut found, value);
            }
        }
    }
    Ok(found)
}

fn first(field: &mut Option<String>, value: &str) {
    field.get_or_insert_with(|| value.to_owned());
}

/// The lines that say something, numbered from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = (1..).zip(text.lines().map(str::trim));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with(';'))
}

fn in_brackets(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.trim())
}

fn bounded(value: &str) -> anyhow::Result<&str> {
    ensure!(
        value.len() <= VALUE_BYTES_MAX,
        "a value has {} bytes, more than {VALUE_BYTES_MAX}",
        value.len()
    );
    ensure!(
        !value.contains(char::is_control),
        "a value has control characters"
    );
    Ok(value)
}

/// Notepad saves such files as ANSI, as UTF-8 or as UTF-16LE with a mark.
fn decode(bytes: &[u8]) -> anyhow::Result<String> {
    if let Some(text) = bytes.strip_prefix(b"\xff\xfe") {
        ensure!(text.len().is_multiple_of(2), "it is cut off in a character");
        let units = text
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        return text.context("it is not UTF-16");
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    ensure!(!text.contains(&0), "it is not text");
    // All that is looked for is ASCII, so that the code page does not matter.
    Ok(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EI_CFG: &str = "[EditionID]\r\nProfessional\r\n\r\n[Channel]\r\nOEM\r\n[VL]\r\n0\r\n";

    fn utf16(text: &str) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn ei_cfg_says_edition_channel_and_licence() {
        let wanted = EiCfg {
            edition_id: Some("Professional".into()),
            channel: Some("OEM".into()),
            volume_license: Some(false),
        };
        for bytes in [
            EI_CFG.as_bytes().to_vec(),
            utf16(EI_CFG),
            [b"\xef\xbb\xbf", EI_CFG.as_bytes()].concat(),
        ] {
            assert_eq!(ei_cfg(&bytes).expect("readable"), wanted);
        }
        let volume = ei_cfg(b"; mine\n[channel]\nVolume\nRetail\n[vl]\n1").expect("readable");
        assert_eq!(volume.channel.as_deref(), Some("Volume"), "the first line");
        assert_eq!(volume.volume_license, Some(true));
        assert_eq!(volume.edition_id, None);
        let none = ei_cfg(b"[EditionID]\n[Channel]\n_Default\n[Other]\nx").expect("readable");
        assert_eq!(none.edition_id, None);
        assert_eq!(none.channel.as_deref(), Some("_Default"));
        assert_eq!(ei_cfg(b"").expect("readable"), EiCfg::default());
    }

    #[test]
    fn pid_txt_says_a_key() {
        let key = |text: &str| pid(text.as_bytes()).expect("readable");
        let wanted = Some("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE".to_owned());
        assert_eq!(
            key("[PID]\r\nValue=AAAAA-BBBBB-CCCCC-DDDDD-EEEEE\r\n"),
            wanted
        );
        assert_eq!(
            key("[pid]\n value = AAAAA-BBBBB-CCCCC-DDDDD-EEEEE "),
            wanted
        );
        assert_eq!(key("[PID]\nValue="), None);
        assert_eq!(key("Value=AAAAA"), None, "below no heading");
        assert_eq!(key("[Other]\nValue=AAAAA"), None);
    }

    #[test]
    fn hostile_files_are_refused() {
        let refused = |bytes: &[u8], why: &str| {
            let error = format!("{:#}", ei_cfg(bytes).expect_err(why));
            assert!(error.contains(why), "{error}");
        };
        refused(b"[VL]\n\n2", "line 3: `[VL]` is `2`");
        refused(b"[EditionID]\0", "not text");
        refused(b"\xff\xfea", "cut off");
        refused(b"\xff\xfe\x00\xd8", "not UTF-16");
        refused(b"[Channel]\nOEM\x1b[2J", "control");
        refused(&b"x".repeat(129), "line 1: a value has 129 bytes");
        let long = format!("[PID]\nValue={}", "A".repeat(200));
        let error = pid(long.as_bytes()).expect_err("too long");
        assert!(format!("{error:#}").starts_with("line 2: "), "{error:#}");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ei_cfg(&bytes);
            let _ = pid(&bytes);
        }
    }
}
