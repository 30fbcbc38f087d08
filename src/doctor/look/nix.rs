//! Nix, where it is usually, and what it is set to.

use std::time::Duration;

use anyhow::{Context as _, bail};
use camino::Utf8PathBuf;
use serde_json::Value;

use super::super::judge;
use super::super::seen::Nix;
use super::{files, first_line};
use crate::exec::Command;
use crate::failure::in_words;

/// `PATH` is not searched, here as elsewhere.
const PLACES: [&str; 4] = [
    "/run/current-system/sw/bin/nix",
    "/nix/var/nix/profiles/default/bin/nix",
    "/usr/bin/nix",
    "/usr/local/bin/nix",
];
const PROFILE: &str = ".nix-profile/bin/nix";
/// What its settings hang on; children have no environment otherwise.
const VARIABLES: [&str; 6] = [
    "HOME",
    "NIX_CONFIG",
    "NIX_CONF_DIR",
    "NIX_USER_CONF_FILES",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
];
const DEADLINE: Duration = Duration::from_secs(20);

pub(super) struct Found {
    pub(super) nix: Nix,
    pub(super) build_folder: Utf8PathBuf,
}

/// `group` is that of `/dev/kvm`.
pub(super) fn look(
    variable: &dyn Fn(&str) -> Option<String>,
    group: Option<&str>,
) -> Option<Found> {
    let own = variable("HOME").map(|home| Utf8PathBuf::from(home).join(PROFILE));
    let all = PLACES.into_iter().map(Utf8PathBuf::from).chain(own);
    let path = all.into_iter().find(|path| path.exists())?;
    let ask = |args: &[&str]| {
        let mut command = Command::new(&path)
            .args(args.iter().copied())
            .deadline(DEADLINE);
        // Not by env(1): `NIX_CONFIG` may hold tokens, which an argument and a message would show.
        for name in VARIABLES {
            if let Some(value) = variable(name) {
                command = command.variable(name, value);
            }
        }
        command.run()
    };
    let version = ask(&["--version"]).map(|output| first_line(&output.stdout));
    let mut nix = Nix {
        path: path.to_string(),
        builds_in_group: group.and_then(builds_in_group),
        ..Nix::default()
    };
    let mut build_folder = build_folder_of(None);
    match version.and_then(|version| {
        build_folder = build_folder_of(version.as_deref());
        nix.version = version;
        settings(&ask)
    }) {
        Ok((settings, has_command)) => {
            take(&mut nix, &settings, has_command);
            let folder = settings["build-dir"]["value"].as_str();
            if let Some(folder) = folder.filter(|folder| !folder.is_empty()) {
                build_folder = folder.into();
            }
        }
        Err(error) => nix.trouble = Some(in_words(&error).0),
    }
    Some(Found { nix, build_folder })
}

/// Where Nix builds unless it is said otherwise (release notes of Nix 2.30).
fn build_folder_of(version: Option<&str>) -> Utf8PathBuf {
    let number = version.and_then(|version| version.split_whitespace().next_back());
    if number
        .and_then(judge::number)
        .is_some_and(|number| number >= (2, 30))
    {
        "/nix/var/nix/builds".into()
    } else {
        "/tmp".into()
    }
}

type Ask<'a> = &'a dyn Fn(&[&str]) -> anyhow::Result<crate::exec::Output>;

/// All settings, and whether `nix-command` is on without being asked for here.
fn settings(ask: Ask<'_>) -> anyhow::Result<(Value, bool)> {
    let show = ["config", "show", "--json"];
    if let Ok(output) = ask(&show) {
        return Ok((read(&output.stdout)?, true));
    }
    let feature = ["--extra-experimental-features", "nix-command"];
    let output = ask(&[&feature[..], &show].concat())?;
    Ok((read(&output.stdout)?, false))
}

fn read(bytes: &[u8]) -> anyhow::Result<Value> {
    let settings: Value = serde_json::from_slice(bytes).context("Nix tells no JSON")?;
    if settings["system-features"]["value"].is_null() {
        bail!("Nix tells no `system-features`");
    }
    Ok(settings)
}

fn take(nix: &mut Nix, settings: &Value, has_command: bool) {
    let list = |name: &str| -> Vec<String> {
        let words = settings[name]["value"].as_array().into_iter().flatten();
        let words = words.filter_map(Value::as_str);
        words.map(ToOwned::to_owned).collect()
    };
    nix.experimental_features = list("experimental-features");
    if !has_command {
        // It is there for having been asked with.
        nix.experimental_features
            .retain(|name| name != "nix-command");
    }
    nix.system_features = list("system-features");
    nix.sandbox = match &settings["sandbox"]["value"] {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    };
    let builders = settings["builders"]["value"].as_str().unwrap_or_default();
    nix.has_builders = match builders.trim().strip_prefix('@') {
        Some(file) => !files::text(file).trim().is_empty(),
        None => !builders.trim().is_empty(),
    };
}

/// Whether all users of builds are in a group; `None`: there are none.
fn builds_in_group(group: &str) -> Option<bool> {
    let groups = files::text("/etc/group");
    let users = files::members(&groups, "nixbld").filter(|users| !users.is_empty())?;
    let members = files::members(&groups, group).unwrap_or_default();
    Some(users.iter().all(|user| members.contains(user)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_taken_as_nix_writes_them() {
        assert_eq!(build_folder_of(Some("nix (Nix) 2.26.3")), "/tmp");
        let newer = build_folder_of(Some("nix (Nix) 2.31.0"));
        assert_eq!(newer, "/nix/var/nix/builds");
        let settings = json!({
            "experimental-features": { "value": ["flakes", "nix-command"] },
            "system-features": { "value": ["kvm"] },
            "sandbox": { "value": true },
            "builders": { "value": "ssh-ng://builder x86_64-linux" },
        });
        let mut nix = Nix::default();
        take(&mut nix, &settings, false);
        assert_eq!(nix.experimental_features, ["flakes"]);
        assert_eq!(nix.system_features, ["kvm"]);
        assert_eq!(nix.sandbox, "true");
        assert!(nix.has_builders);
        take(&mut nix, &settings, true);
        assert_eq!(nix.experimental_features, ["flakes", "nix-command"]);
        assert!(read(b"{}").is_err() && read(b"[").is_err());
    }
}
