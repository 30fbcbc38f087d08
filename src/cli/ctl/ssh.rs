//! `ctl NAME ssh`: runs ssh to the guest's forwarded port.

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::{ask, variable};
use crate::exec::replace;
use crate::failure::Failure;
use crate::instance::control::Request;
use crate::instance::found::Found;
use crate::time;

/// Runs ssh to the guest, as the host `lucarne-NAME` of ssh's own configuration
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The account; else what ssh's configuration says
    #[arg(long, short = 'l', value_name = "ACCOUNT")]
    user: Option<String>,
    /// What ssh gets behind the host: options, a command
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    args: Vec<String>,
}

impl Args {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let mut args = to_guest(found, self.user.as_deref())?;
        args.extend(self.args.iter().cloned());
        Err(replace(&program()?, &args).into())
    }
}

/// The arguments that lead to a running machine's guest, up to the host.
pub(super) fn to_guest(found: &Found, user: Option<&str>) -> Result<Vec<String>, Failure> {
    let status = ask(found, &Request::Status {})?;
    if status["phase"] == "identity" {
        let name = &found.name;
        let why = format!("`{name}` gets its identity, and has no network meanwhile");
        let hint = format!("wait until `lucarne ctl {name} status` says `ready`");
        return Err(anyhow!("{why}\n\nhint: {hint}").into());
    }
    let port = status["sshPort"].as_u64().with_context(|| {
        format!(
            "`{}` forwards no port to the guest's SSH\n\nhint: its `network.ssh` is off, or its \
             `network.mode` is another than `user`",
            found.name
        )
    })?;
    let times = ["startedAt", "readySince"].map(|key| status[key].as_str().and_then(time::parse));
    let known = found.known_hosts(times.into_iter().flatten().max().unwrap_or_default())?;
    Ok(arguments(&found.name, port, &known, user)?)
}

fn arguments(
    name: &str,
    port: u64,
    known: &Utf8Path,
    user: Option<&str>,
) -> anyhow::Result<Vec<String>> {
    ensure!(
        !known.as_str().contains(['"', '\\']),
        "ssh cannot be told of `{known}`"
    );
    // `%` begins one of ssh's own words in a file's name.
    let known = known.as_str().replace('%', "%%");
    let mut args = Vec::new();
    for option in [
        "HostName=127.0.0.1".to_owned(),
        format!("Port={port}"),
        format!("UserKnownHostsFile=\"{known}\""),
        "StrictHostKeyChecking=accept-new".to_owned(),
    ] {
        args.extend(["-o".to_owned(), option]);
    }
    if let Some(user) = user {
        args.extend(["-l".to_owned(), user.to_owned()]);
    }
    // One account for all machines, or a jump host, is for the user's configuration to say.
    args.push(format!("lucarne-{name}"));
    Ok(args)
}

/// The user's own ssh, with the user's own keys: the one program that is looked for.
pub(super) fn program() -> anyhow::Result<Utf8PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    let mut places = path
        .split(':')
        .map(|folder| Utf8Path::new(folder).join("ssh"));
    places
        .find(|place| place.is_absolute() && place.is_file())
        .context("there is no `ssh` in `PATH`\n\nhint: install OpenSSH's client")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_is_told_where_and_who() {
        let args = arguments("office", 4022, Utf8Path::new("/s t/100%/k"), Some("alice"));
        let expected = [
            "-o",
            "HostName=127.0.0.1",
            "-o",
            "Port=4022",
            "-o",
            "UserKnownHostsFile=\"/s t/100%%/k\"",
            "-o",
            "StrictHostKeyChecking=accept-new",
            "-l",
            "alice",
            "lucarne-office",
        ];
        assert_eq!(args.expect("plain"), expected);
        assert!(arguments("a", 1, Utf8Path::new("/\"/k"), None).is_err());
    }
}
