//! Programs that change what the stand-in has none of, checked and then passed over: `net
//! accounts` (passwords' age), `powercfg` (hibernation, the display), and the guest program.

use anyhow::{Result, bail, ensure};

use super::run::{FAILED, Machine, unquote};

impl Machine<'_> {
    /// The guest program in the specialize pass: it must be on the disk by then. What it would do
    /// is not Setup's.
    pub(super) fn guest(&self, program: &str, arguments: &str) -> Result<i32> {
        ensure!(
            arguments == "specialize",
            "`lucarne-guest.exe {arguments}` is not for Setup's passes"
        );
        let there = self.drives.find(program)?.is_some_and(|at| at.is_file());
        Ok(if there { 0 } else { FAILED })
    }
}

/// `net`, of which only the age of passwords is known.
pub(super) fn net(arguments: &[String]) -> Result<i32> {
    let words = lower(arguments);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["accounts", option] = words[..] else {
        bail!("`net {}` is not known here", words.join(" "));
    };
    match option.strip_prefix("/maxpwage:") {
        Some("unlimited") => Ok(0),
        Some(days)
            if days
                .parse::<u16>()
                .is_ok_and(|days| (1..=999).contains(&days)) =>
        {
            Ok(0)
        }
        _ => bail!("`net accounts {option}` is not known here"),
    }
}

/// `powercfg`. Hibernation cannot be switched where the firmware has none, as in this machine:
/// that is an error of its own, and no reason for Setup to stop.
pub(super) fn powercfg(arguments: &[String]) -> Result<i32> {
    let words = lower(arguments);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["/hibernate" | "/h" | "-h", "on" | "off"] => Ok(1),
        ["/change" | "/x" | "-x", setting, minutes] => {
            let known = ["monitor", "disk", "standby", "hibernate"]
                .iter()
                .any(|what| {
                    let rest = setting.strip_prefix(what);
                    matches!(rest, Some("-timeout-ac" | "-timeout-dc"))
                });
            if !known || minutes.parse::<u32>().is_err() {
                bail!("`powercfg /change {setting} {minutes}` is not known here");
            }
            Ok(0)
        }
        _ => bail!("`powercfg {}` is not known here", words.join(" ")),
    }
}

fn lower(arguments: &[String]) -> Vec<String> {
    let words = arguments.iter().map(|word| unquote(word));
    words.map(str::to_lowercase).collect()
}
