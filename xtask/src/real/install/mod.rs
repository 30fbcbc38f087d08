//! `lucarne install` with the stand-in under TCG: what goes well, and each way that it can end.

mod events;
mod faults;
mod host;
mod quiet;
mod run;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::parts::Order;
use crate::test::{Check, Context, Outcome};

use run::{End, Setup, ended};

pub(super) use faults::CHECKS as FAULTS;
pub(super) use host::CHECKS as HOST_FAULTS;
pub(super) use quiet::CHECKS as QUIET;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "install/bootwim",
        shows: "an ISO whose no-prompt image is only in boot.wim installs, without a key sent",
        run: |context| {
            succeeds(
                context,
                Order {
                    variant: Some("bootwim".into()),
                    ..Order::default()
                },
            )
        },
    },
    Check {
        name: "install/ex",
        shows: "an ISO with boot images of the `_EX` generation installs",
        run: |context| {
            succeeds(
                context,
                Order {
                    variant: Some("ex".into()),
                    ..Order::default()
                },
            )
        },
    },
    Check {
        name: "install/keys",
        shows: "an ISO that only has boot images with a prompt installs, by a key that is pressed",
        run: keys,
    },
    Check {
        name: "install/noise",
        shows: "noise around the events changes nothing, and `--json` is as its schema says",
        run: noise,
    },
];

/// The prompt waits for ever, as `prompt/waits` shows, so an install that ends has pressed a key.
fn keys(context: &Context) -> Result<Outcome> {
    let order = Order {
        variant: Some("noprompt-missing".into()),
        ..Order::default()
    };
    let end = ended(context, &Setup::light(order, Value::Null))?;
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
    Ok(Outcome::Passed)
}

fn noise(context: &Context) -> Result<Outcome> {
    let order = Order {
        fault: Some("noise".into()),
        ..Order::default()
    };
    let setup = Setup {
        json: true,
        ..Setup::light(order, Value::Null)
    };
    let end = seals(context, &setup)?;
    events::check(context, &end.stdout)?;
    Ok(Outcome::Passed)
}

fn succeeds(context: &Context, order: Order) -> Result<Outcome> {
    seals(context, &Setup::light(order, Value::Null)).map(|_| Outcome::Passed)
}

fn seals(context: &Context, setup: &Setup) -> Result<End> {
    let end = ended(context, setup)?;
    ensure!(end.code == 0, "the install ended with {}", end.code);
    for name in ["manifest.json", "disk.qcow2", "code.fd", "vars.fd"] {
        ensure!(
            context.folder.join("out").join(name).exists(),
            "the image has no `{name}`"
        );
    }
    Ok(end)
}
