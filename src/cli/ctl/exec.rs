//! `ctl NAME exec -- CMD`: a command in the guest, by its agent, or by SSH.
//!
//! The agent runs a program as SYSTEM, in no session, with its arguments as they are and without
//! input; what it wrote comes when it has ended. Without an agent there is SSH, where cmd.exe or
//! PowerShell takes the words apart again: they are quoted for a program, and one that no quoting
//! makes plain to both is refused.

use std::io::{self, Write as _};

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{ask, client, refusal, ssh};
use crate::exec::replace;
use crate::failure::Failure;
use crate::instance::control::{Kind, Request};
use crate::instance::found::Found;
use crate::nix_log::say;
use crate::problem::operand;

/// Runs a command in the guest and ends with its exit code
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How long the agent waits for its end, in seconds
    #[arg(
        long, value_name = "SEC", default_value_t = 600,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    timeout: u64,
    /// By SSH, without trying the agent
    #[arg(long)]
    ssh: bool,
    /// By the agent, or not at all
    #[arg(long, conflicts_with = "ssh")]
    agent: bool,
    /// The account for SSH; the agent is SYSTEM
    #[arg(long, short = 'l', value_name = "ACCOUNT")]
    user: Option<String>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    argv: Vec<String>,
}

impl Args {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        if self.ssh {
            return self.by_ssh(found);
        }
        let request = Request::Exec {
            argv: self.argv.clone(),
            timeout_sec: self.timeout,
        };
        let told = client(found)?.ask(&request, |_| ());
        match told {
            Ok(told) => end(&told),
            Err(error) => {
                let no_agent = refusal(&error).is_some_and(|one| one.kind == Some(Kind::NoAgent));
                if self.agent || !no_agent || !has_ssh(found)? {
                    return Err(error.into());
                }
                say("the guest agent does not answer; trying SSH");
                self.by_ssh(found)
            }
        }
    }

    fn by_ssh(&self, found: &Found) -> Result<(), Failure> {
        let command = command_line(&self.argv)?;
        let mut args = ssh::to_guest(found, self.user.as_deref())?;
        args.extend(["--".to_owned(), command]);
        Err(replace(&ssh::program()?, &args).into())
    }
}

fn has_ssh(found: &Found) -> Result<bool, Failure> {
    Ok(ask(found, &Request::Status {})?["sshPort"].is_u64())
}

/// Writes what the command wrote, and ends as it did.
fn end(told: &Value) -> Result<(), Failure> {
    let decode = |name: &str| {
        let data = STANDARD.decode(told[name].as_str().unwrap_or_default());
        data.context("the machine's answer is not in base64")
    };
    let (stdout, stderr) = (decode("stdout")?, decode("stderr")?);
    // As they came: they are another program's, for whatever reads them.
    let written = [
        io::stdout()
            .lock()
            .write_all(&stdout)
            .and_then(|()| io::stdout().flush()),
        io::stderr().lock().write_all(&stderr),
    ];
    for written in written {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            result => result.context("cannot write what the command wrote")?,
        }
    }
    if told["truncated"] == true {
        say("warning: the agent left out some of what the command wrote");
    }
    let code = told["exit"].as_i64();
    match code.context("the machine does not tell how the command ended")? {
        0 => Ok(()),
        code => Err(Failure::Command(exit_code(code))),
    }
}

/// Windows has 32 bits for an exit code, and Linux 8: what does not fit is 255, and told.
fn exit_code(code: i64) -> u8 {
    u8::try_from(code).unwrap_or_else(|_| {
        say(&format!("the command ended with {code} (0x{code:x})"));
        u8::MAX
    })
}

/// The words as one line, quoted as `CommandLineToArgvW` takes lines apart.
fn command_line(argv: &[String]) -> anyhow::Result<String> {
    let mut line = String::new();
    for word in argv {
        let bad = |c: char| "\"%!`$".contains(c) || c.is_control();
        if let Some(bad) = word.chars().find(|c| bad(*c)) {
            return Err(anyhow!(
                "{} holds {}, which cmd.exe and PowerShell take for their own\n\nhint: the agent \
                 takes words as they are; over SSH put the command into a script",
                operand(word),
                operand(&bad.to_string())
            ));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./\\:=+,@".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            line.push_str(word);
            continue;
        }
        // A backslash before a quote would take the quote's meaning, so it is doubled.
        let backslashes = word.len() - word.trim_end_matches('\\').len();
        line.push('"');
        line.push_str(word);
        line.extend(std::iter::repeat_n('\\', backslashes));
        line.push('"');
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(argv: &[&str]) -> anyhow::Result<String> {
        let argv: Vec<_> = argv.iter().map(ToString::to_string).collect();
        command_line(&argv)
    }

    #[test]
    fn words_are_quoted_where_they_are_not_plain() {
        for (argv, expected) in [
            (&["ipconfig", "/all"][..], "ipconfig /all"),
            (&[r"C:\a b\c.exe", ""], r#""C:\a b\c.exe" """#),
            (&["echo", r"C:\a b\"], r#"echo "C:\a b\\""#),
            (&["echo", "a&b|c>d^e"], r#"echo "a&b|c>d^e""#),
        ] {
            assert_eq!(line(argv).expect("can be said"), expected);
        }
        for bad in ["%PATH%", "a\"b", "a\nb", "$env:x", "a`b"] {
            line(&["echo", bad]).expect_err(bad);
        }
    }

    #[test]
    fn exit_codes_fit_or_are_255() {
        for (code, expected) in [
            (1, 1),
            (255, 255),
            (256, 255),
            (3_221_225_477, 255),
            (-1, 255),
        ] {
            assert_eq!(exit_code(code), expected);
        }
    }
}
