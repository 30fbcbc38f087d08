//! `lucarne install` with the stand-in under TCG: what goes well, and each way that it can end.

mod events;
mod faults;
mod golden;
pub(super) mod host;
#[path = "../../../../tests/faults/lines.rs"]
mod lines;
mod quiet;
pub(super) mod run;
pub(super) mod secrets;

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::parts::Order;
use crate::test::{Check, Context, Outcome};

use run::{Setup, ended};

pub(super) use faults::CHECKS as FAULTS;
pub(super) use host::CHECKS as HOST_FAULTS;
pub(super) use quiet::CHECKS as QUIET;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "install/keys",
        shows: "an ISO that only has boot images with a prompt installs, by a key that is pressed; \
                sysprep has the last word of a generalised image, whose copies ask nothing",
        run: keys,
    },
    Check {
        name: "install/bootwim-noise",
        shows: "a no-prompt image that is only in boot.wim starts without a key sent; noise around \
                the events changes nothing; `--json` is as its schema says; no secret goes \
                astray",
        run: noise,
    },
];

/// The prompt waits for ever, as `prompt/waits` shows, so an install that ends has pressed a key.
fn keys(context: &Context) -> Result<Outcome> {
    let order = Order {
        variant: Some("noprompt-missing".into()),
        fault: Some("generalized".into()),
        ..Order::default()
    };
    let spec = json!({
        "generalize": true,
        "users": { "alice": { "password": "Alice's-1" } },
    });
    let end = ended(context, &Setup::light(order, spec))?;
    ensure!(end.code == 0, "the install ended with {}", end.code);
    let mut rest = end.stderr.as_str();
    for text in [
        "warning: neither the ISO",
        "pressing Enter",
        "taken the key",
    ] {
        let at = rest.find(text);
        let at = at.with_context(|| format!("the log does not say `{text}` in its place"))?;
        rest = &rest[at + text.len()..];
    }
    ensure!(!rest.contains("pressing Enter"), "keys were pressed again");
    let said = &manifest(context)?["finish"]["generalized"];
    let said = said
        .as_str()
        .context("the manifest has nothing of sysprep")?;
    ensure!(said.starts_with("sysprep generalised Windows in"), "{said}");
    Ok(Outcome::Passed)
}

fn noise(context: &Context) -> Result<Outcome> {
    let order = Order {
        variant: Some("bootwim".into()),
        fault: Some("noise".into()),
        ..Order::default()
    };
    let setup = Setup {
        json: true,
        around: Some(secrets::TRACED.to_owned()),
        ..Setup::light(order, secrets::spec())
    };
    let end = ended(context, &setup)?;
    ensure!(end.code == 0, "the install ended with {}", end.code);
    secrets::nowhere_else(context, &end)?;
    for name in ["manifest.json", "disk.qcow2", "code.fd", "vars.fd"] {
        ensure!(
            context.folder.join("out").join(name).exists(),
            "the image has no `{name}`"
        );
    }
    ensure!(
        !end.stderr.contains("pressing Enter"),
        "a key was sent where none is asked for"
    );
    events::check(context, &end.stdout)?;
    finish(context)?;
    Ok(Outcome::Passed)
}

fn manifest(context: &Context) -> Result<Value> {
    let text = fs::read_to_string(context.folder.join("out/manifest.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// What each image gets, and has taken out: the manifest lists what the guest program said.
fn finish(context: &Context) -> Result<()> {
    let manifest = manifest(context)?;
    let file = "tests/standin/transcripts/noise.txt";
    let transcript = fs::read_to_string(context.repository.join(file))?;
    let events = transcript
        .lines()
        .filter_map(|line| line.strip_prefix("@lucarne "));
    let events: Vec<Value> = events.map(serde_json::from_str).collect::<Result<_, _>>()?;
    let said = |step: &str| -> Vec<&Value> {
        let of = events
            .iter()
            .filter(|event| event["step"] == step && event["event"] == "output");
        of.map(|event| &event["text"]).collect()
    };
    let finish = &manifest["finish"];
    let scrubbed: Vec<&Value> = finish["scrubbed"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    ensure!(scrubbed.len() >= 9 && scrubbed == said("scrub"), "{finish}");
    ensure!(said("settle") == [&finish["settled"]], "{finish}");
    let defaults = json!([
        "displayAlwaysOn",
        "guestAgent",
        "noHibernation",
        "onlineAllDisks",
        "passwordsNeverExpire",
        "preventDeviceEncryption",
        "realTimeIsUniversal",
        "shutdownWithoutLogon",
    ]);
    ensure!(finish["defaults"] == defaults, "{finish}");
    Ok(())
}
