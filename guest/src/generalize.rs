//! Generalising: what sysprep is told, whether it did it, and why it did not.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};

/// Where Windows keeps how far it is: `Setup\State` of `HKLM\SOFTWARE\Microsoft\Windows\
/// CurrentVersion` (Microsoft's page "Windows Setup states"), and sysprep's own status.
pub const IMAGE_STATE: (&str, &str) = (
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State",
    "ImageState",
);
pub const SYSPREP_STATE: (&str, &str) =
    (r"SYSTEM\Setup\Status\SysprepStatus", "GeneralizationState");

const GENERAL: &str = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE";

/// What sysprep is told, with its answer file. Without `/quiet` it would wait for a click on what
/// it has to complain of; with `/quit` the guest program itself switches the machine off, after it
/// has told the host.
#[must_use]
pub fn arguments(answers: &str) -> Vec<String> {
    let answers = format!("/unattend:{answers}");
    let words = [
        "/generalize",
        "/oobe",
        "/quit",
        "/quiet",
        "/mode:vm",
        &answers,
    ];
    words.map(str::to_owned).to_vec()
}

/// What the registry says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub image: Option<String>,
    pub sysprep: Option<u32>,
}

impl Seen {
    /// Whether Windows is generalised, and its next start begins with OOBE. Sysprep's own status is
    /// for people: no page of Microsoft's tells what it is after a success.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.image.as_deref() == Some(GENERAL)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let image = self.image.as_deref().unwrap_or("not there");
        write!(f, "`ImageState` is {image}, `GeneralizationState` is ")?;
        match self.sysprep {
            Some(state) => write!(f, "{state}"),
            None => f.write_str("not there"),
        }
    }
}

/// What sysprep's own logs say of a failure, and what to do: the words to look for are those of
/// its validation, as Microsoft's pages on failing sysprep quote them.
const CAUSES: [(&str, &str); 6] = [
    (
        "was installed for a user, but not provisioned for all users",
        "a Store app is there for one account alone: an `appx` step takes it from each account and \
         from what new ones get",
    ),
    (
        "0x80310039",
        "BitLocker encrypts the disk: `defaults.preventDeviceEncryption` must stay on, and no step \
         may encrypt",
    ),
    (
        "0xc004d307",
        "Windows was generalised as often as its licence allows: begin with a fresh install",
    ),
    (
        "0x800f0975",
        "an update is under way and has the reserved storage: restart after the step that \
         installs it",
    ),
    (
        "require a reboot",
        "an update waits for a restart: give the step that installs it `reboot = true`",
    ),
    (
        "0x80073cf2",
        "a Store app cannot be taken out of an account: an `appx` step removes it before",
    ),
];

/// The usual cause, with the line of the log that tells of it. A log that cannot be read tells
/// nothing.
pub fn cause(log: &mut (impl Read + Seek)) -> Option<String> {
    let text = end_of(log)?;
    CAUSES.iter().find_map(|(mark, advice)| {
        let line = text.lines().rev().find(|line| {
            let line = line.to_ascii_lowercase();
            line.contains(mark)
        })?;
        // A log's line begins with its time and its level.
        let said: String = line.trim().chars().take(LINE_MAX).collect();
        Some(format!("{advice}; sysprep's log: {said}"))
    })
}

/// How much of a line of a log is told, in characters.
const LINE_MAX: usize = 300;
/// How much of a log is looked through, in bytes: its end. Even, for a unit of UTF-16 has two.
const LOOKED_AT: u64 = 1 << 20;

/// The end of a log's text. The logs are UTF-8 or UTF-16, by their first bytes.
fn end_of(log: &mut (impl Read + Seek)) -> Option<String> {
    let mut mark = [0; 2];
    log.read_exact(&mut mark).ok()?;
    let length = log.seek(SeekFrom::End(0)).ok()?;
    let begin = length.saturating_sub(LOOKED_AT) & !1;
    log.seek(SeekFrom::Start(begin)).ok()?;
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    log.take(LOOKED_AT + 1).read_to_end(&mut bytes).ok()?;
    if mark != [0xff, 0xfe] {
        return Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    let pairs = bytes.chunks_exact(2);
    let units: Vec<u16> = pairs
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn the_state_of_the_image_tells_a_success() {
        let seen = |image: &str, sysprep| Seen {
            image: Some(image.to_owned()),
            sysprep,
        };
        assert!(seen(GENERAL, Some(7)).is_general());
        assert!(seen(GENERAL, None).is_general());
        assert!(!seen("IMAGE_STATE_COMPLETE", Some(7)).is_general());
        assert!(!seen("IMAGE_STATE_UNDEPLOYABLE", Some(7)).is_general());
        assert!(!Seen::default().is_general());
        assert_eq!(
            seen("IMAGE_STATE_UNDEPLOYABLE", None).to_string(),
            "`ImageState` is IMAGE_STATE_UNDEPLOYABLE, `GeneralizationState` is not there"
        );
    }

    #[test]
    fn sysprep_asks_nothing_and_leaves_the_power_alone() {
        assert_eq!(
            arguments(r"C:\a.xml").join(" "),
            r"/generalize /oobe /quit /quiet /mode:vm /unattend:C:\a.xml"
        );
    }

    const BITLOCKER: &str = "BitLocker is on for the OS volume (0x80310039)";

    fn of(log: &[u8]) -> Option<String> {
        cause(&mut Cursor::new(log))
    }

    /// UTF-16, with its mark.
    fn wide(text: &str) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn the_end_of_a_long_log_is_read_as_its_begin_says() {
        let noise = "Info SYSPRP all is well\r\n".repeat(60_000);
        let begin = format!("{BITLOCKER}\r\n{noise}");
        let end = format!("{noise}{BITLOCKER}");
        for log in [
            wide(&end),
            end.clone().into_bytes(),
            (end + "\r\n").into_bytes(),
        ] {
            assert!(log.len() as u64 > LOOKED_AT);
            let told = of(&log).expect("a cause");
            assert!(told.ends_with(BITLOCKER), "{told}");
        }
        // What is too far from the end is not looked at.
        assert_eq!(of(&wide(&begin)), None);
        assert_eq!(of(begin.as_bytes()), None);
    }

    #[test]
    fn the_usual_causes_are_named() {
        let line = "2026-01-01 00:00:00, Error SYSPRP Package Example_1.0_x64__abc was installed \
                    for a user, but not provisioned for all users. This package will not function \
                    properly in the sysprep image.\r\nlast\r\n";
        let told = of(line.as_bytes()).expect("a cause");
        assert!(told.contains("an `appx` step") && told.contains("Example_1.0_x64__abc"));
        let told = of(&wide(BITLOCKER)).expect("a cause");
        assert!(told.starts_with("BitLocker encrypts"), "{told}");
        for nothing in [b"nothing that anybody knows".as_slice(), b"x", b""] {
            assert_eq!(of(nothing), None);
        }
        // A mark in other letters than the log's would never be found.
        for (mark, _) in CAUSES {
            assert_eq!(mark, mark.to_ascii_lowercase());
        }
    }
}
