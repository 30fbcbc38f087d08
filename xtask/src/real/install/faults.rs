//! Installs that fail: each with its exit code, a message that names phase and cause, and no
//! process left.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::golden;
use super::host::at_phase;
use super::run::{Setup, ended, made};
use crate::parts::{self, Order};
use crate::test::{Check, Context, Outcome};

pub(in crate::real) const CHECKS: &[Check] = &[
    Check {
        name: "fault/silent-oobe",
        shows: "an installed system that never speaks is ended at its deadline, with 4",
        run: |context| {
            fault(
                context,
                "silent-oobe",
                SPECIALIZE_SOON,
                4,
                &["`specialize`", "hello"],
            )
        },
    },
    Check {
        name: "fault/encrypt",
        shows: "an encrypted disk is not sealed: 3",
        run: |context| fault(context, "encrypt", NOTHING, 3, &["BitLocker"]),
    },
    Check {
        name: "fault/step-fails",
        shows: "a step that failed ends the install with its message and 3",
        run: |context| fault(context, "step-fails", NOTHING, 3, &["`steps`", "step"]),
    },
    Check {
        name: "fault/step-hangs",
        shows: "a step that hangs is ended at its deadline, by name, with 4",
        run: |context| {
            fault(
                context,
                "step-hangs",
                STEPS_SOON,
                4,
                &["`steps`", "Install the"],
            )
        },
    },
    Check {
        name: "fault/two-answer-files",
        shows: "Setup that waits behind its first page is ended before it wrote: 3",
        run: |context| stops(context, "two-answer-files", "2 answer files"),
    },
    Check {
        name: "fault/other-language",
        shows: "Setup that lacks the answer file's language is ended before it wrote: 3",
        run: |context| stops(context, "other-language", "en-US"),
    },
    Check {
        name: "fault/early-poweroff",
        shows: "a power-off without `done` is a failure: 3",
        run: |context| fault(context, "early-poweroff", NOTHING, 3, &["done"]),
    },
    Check {
        name: "fault/panic",
        shows: "a guest whose system crashes is told at once, with 3",
        run: panic,
    },
    Check {
        name: "fault/second-cd-start",
        shows: "a second start of the CD is a failure: 3",
        run: |context| fault(context, "second-cd-start", NOTHING, 3, &["CD again"]),
    },
    Check {
        name: "fault/silent",
        shows: "Setup that hangs is ended, with 4 at its deadline",
        run: |context| fault(context, "silent", SOON, 4, &["`windowsPE`", "within 80 s"]),
    },
    Check {
        name: "fault/no-driver",
        shows: "Setup without a driver for the disk is told, with 3",
        run: no_driver,
    },
    Check {
        name: "fault/stopped",
        shows: "SIGTERM while the image is sealed ends it with 143, and nothing of it is left",
        run: stopped,
    },
    Check {
        name: "fault/kvm",
        shows: "KVM that is there and does not work is told, with 2",
        run: kvm,
    },
    Check {
        name: "fault/not-trusted",
        shows: "an ISO that the firmware would refuse is told before QEMU starts, both by name: 1",
        run: not_trusted,
    },
    Check {
        name: "fault/refused",
        shows: "the firmware's own refusal of the ISO ends the install at once, with 3",
        run: refused,
    },
    Check {
        name: "fault/edition",
        shows: "an edition that the ISO lacks is told before QEMU starts, with those it has: 1",
        run: edition,
    },
];

/// Ten times as long under TCG: Setup has copied its files by then, even on a busy machine.
const SOON: fn() -> Value = || json!({ "install": { "deadlines": { "windowsPESec": 8 } } });

const SPECIALIZE_SOON: fn() -> Value =
    || json!({ "install": { "deadlines": { "specializeSec": 2 } } });

const STEPS_SOON: fn() -> Value = || json!({ "install": { "deadlines": { "stepsSec": 2 } } });

const NOTHING: fn() -> Value = || Value::Null;

fn fault(
    context: &Context,
    name: &str,
    spec: fn() -> Value,
    code: u8,
    says: &[&str],
) -> Result<Outcome> {
    let order = Order {
        fault: Some(name.to_owned()),
        ..Order::default()
    };
    fails(context, &Setup::light(order, spec()), code, says)
}

/// Setup stops with a dialog, of which nobody hears but whoever reads the stand-in's console.
fn stops(context: &Context, name: &str, why: &str) -> Result<Outcome> {
    let order = Order {
        fault: Some(name.to_owned()),
        explain: true,
        ..Order::default()
    };
    let spec = json!({ "install": { "deadlines": { "windowsPESec": 3 } } });
    let says = ["`windowsPE`", "wrote nothing", "the answer file"];
    let outcome = fails(context, &Setup::light(order, spec), 3, &says)?;
    let console = context.folder.join("out.work/console.log");
    let console = fs::read_to_string(&console).with_context(|| format!("no `{console}`"))?;
    ensure!(console.contains(why), "Setup stopped otherwise: {console}");
    Ok(outcome)
}

pub(super) fn fails(context: &Context, setup: &Setup, code: u8, says: &[&str]) -> Result<Outcome> {
    let end = ended(context, setup)?;
    ensure!(
        end.code == code,
        "the install ended with {} instead of {code}",
        end.code
    );
    for text in says {
        ensure!(
            end.stderr.contains(text),
            "the message does not say `{text}`"
        );
    }
    // Whoever stopped it does not look for reasons.
    if code < 128 {
        golden::check(context, &end.stderr)?;
    }
    let sealed = context.folder.join("out/manifest.json");
    ensure!(!sealed.exists(), "a failed install left an image");
    Ok(Outcome::Passed)
}

fn edition(context: &Context) -> Result<Outcome> {
    let spec = json!({ "edition": "Windows 11 Ultimate" });
    let setup = Setup {
        spec,
        ..Setup::default()
    };
    let end = ended(context, &setup)?;
    ensure!(
        end.code == 1,
        "the install ended with {} instead of 1",
        end.code
    );
    for text in ["Windows 11 Ultimate", "Windows 11 Pro", "Windows 11 Home"] {
        ensure!(
            end.stderr.contains(text),
            "the message does not say `{text}`"
        );
    }
    ensure!(!end.stderr.contains("`firmware`"), "a machine was started");
    golden::check(context, &end.stderr)?;
    Ok(Outcome::Passed)
}

/// Debian's variables with Microsoft's certificates, none of which signed the stand-in.
const MICROSOFT: &str = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd";

fn not_trusted(context: &Context) -> Result<Outcome> {
    let setup = Setup {
        tools: json!({ "varsMs": MICROSOFT }),
        ..Setup::default()
    };
    let end = ended(context, &setup)?;
    let code = end.code;
    ensure!(code == 1, "the install ended with {code} instead of 1");
    for text in [
        "firmware.secureBoot: ",
        "`Lucarne stand-in test key`",
        "`Microsoft Windows Production PCA 2011`",
    ] {
        ensure!(
            end.stderr.contains(text),
            "the message does not say `{text}`"
        );
    }
    ensure!(!end.stderr.contains("`firmware`"), "a machine was started");
    golden::check(context, &end.stderr)?;
    Ok(Outcome::Passed)
}

/// Variables that no plan was told of: they turn on what the spec turns off.
fn refused(context: &Context) -> Result<Outcome> {
    let setup = Setup {
        tools: json!({ "vars": MICROSOFT }),
        ..Setup::light(Order::default(), Value::Null)
    };
    fails(context, &setup, 3, &["Secure Boot does not trust the CD"])
}

/// The same drivers for devices that no machine has: the plan finds them, Setup can't use them.
fn no_driver(context: &Context) -> Result<Outcome> {
    let iso = parts::virtio_win()?;
    let mut bytes = fs::read(&iso).with_context(|| format!("cannot read `{iso}`"))?;
    let mut changed = 0;
    for id in [b"DEV_1004", b"DEV_1048"] {
        let at: Vec<usize> = (0..bytes.len())
            .filter(|&at| bytes[at..].starts_with(id))
            .collect();
        for place in at {
            bytes[place..place + id.len()].copy_from_slice(b"DEV_FFFF");
            changed += 1;
        }
    }
    ensure!(changed > 0, "the stand-in names no device of the driver");
    let own: Utf8PathBuf = context.folder.join("virtio-win.iso");
    fs::write(&own, bytes)?;
    let spec = json!({ "install": { "stallSec": 3 } });
    let setup = Setup {
        virtio_win: Some(own),
        ..Setup::light(Order::default(), spec)
    };
    fails(
        context,
        &setup,
        3,
        &["`windowsPE`", "driver", "virtio-scsi"],
    )
}

/// Explained, so that a stand-in that cannot crash says why.
fn panic(context: &Context) -> Result<Outcome> {
    let order = Order {
        fault: Some("panic".into()),
        explain: true,
        ..Order::default()
    };
    let spec = json!({ "install": { "deadlines": { "specializeSec": 12 } } });
    let setup = Setup::light(order, spec);
    fails(context, &setup, 3, &["`specialize`", "system crashed"])
}

/// The last moment at which there is something to leave: the image is being written.
fn stopped(context: &Context) -> Result<Outcome> {
    let setup = Setup {
        around: Some(at_phase("seal", "kill -TERM $pid")),
        ..Setup::light(Order::default(), Value::Null)
    };
    fails(context, &setup, 143, &[])?;
    let left = made(context)?;
    ensure!(left.is_empty(), "it left {left:?}");
    Ok(Outcome::Passed)
}

/// Where KVM works the install just succeeds, and there is nothing to see.
fn kvm(context: &Context) -> Result<Outcome> {
    if !Utf8PathBuf::from("/dev/kvm").exists() {
        return Ok(Outcome::Skipped("this machine has no /dev/kvm".into()));
    }
    let setup = Setup {
        spec: json!({ "install": { "accel": "kvm" } }),
        ..Setup::default()
    };
    let end = ended(context, &setup)?;
    if end.code == 0 {
        return Ok(Outcome::Skipped("/dev/kvm works on this machine".into()));
    }
    ensure!(
        end.code == 2,
        "the install ended with {} instead of 2",
        end.code
    );
    ensure!(end.stderr.contains("KVM"), "the message does not name KVM");
    Ok(Outcome::Passed)
}
