//! What the exit code of a program means.

use lucarne_protocol::step::ExitCodes;

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Done, and Windows wants a restart.
    Restart,
    Failed(String),
}

/// Judges a program's exit code. Windows has 32 bits of it, and programs call the upper half
/// negative or not: both are one code here.
#[must_use]
pub fn judge(code: u32, codes: &ExitCodes) -> Exit {
    let is = |known: &i64| u32::try_from(*known & 0xffff_ffff) == Ok(code);
    if codes.reboot.iter().any(is) {
        Exit::Restart
    } else if codes.success.iter().any(is) {
        Exit::Done
    } else {
        Exit::Failed(meaning(code))
    }
}

/// Codes that say more than a number.
fn meaning(code: u32) -> String {
    let words = match code {
        // Winerror.h, "MsiExec.exe and InstMsi.exe error messages".
        1602 => "the user cancelled the installation",
        1603 => "a fatal error during the installation",
        1618 => "another installation is in progress",
        1619 => "the package could not be opened",
        1620 => "the package is none of Windows Installer's",
        1625 => "the installation is forbidden by a policy",
        1633 => "the package is for another processor",
        1638 => "another version is installed already",
        0xc000_0005 => "it crashed: access violation",
        0xc000_0135 => "it needs a DLL that is not there",
        0xc000_0142 => "a DLL that it needs could not start",
        _ if code >= 0x8000_0000 => return format!("it ended with {code:#x}"),
        _ => return format!("it ended with {code}"),
    };
    format!("it ended with {code}: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_the_step_says() {
        let codes = ExitCodes {
            success: vec![0, -1],
            reboot: vec![3010, 1641],
        };
        assert_eq!(judge(0, &codes), Exit::Done);
        assert_eq!(judge(u32::MAX, &codes), Exit::Done);
        assert_eq!(judge(1641, &codes), Exit::Restart);
        let failed = "it ended with 1603: a fatal error during the installation".to_owned();
        assert_eq!(judge(1603, &codes), Exit::Failed(failed));
        assert_eq!(
            judge(0x8007_0005, &codes),
            Exit::Failed("it ended with 0x80070005".into())
        );
    }
}
