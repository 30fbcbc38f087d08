//! Installs on a host that fails, before the machine starts and in the middle: in a mount and a
//! process namespace of the check's own, so that a disk can fill and `/dev/kvm` can go.

use std::fs;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::faults::fails;
use super::run::{KILLED, Setup, ended, made};
use crate::parts::{self, Order};
use crate::test::{Check, Context, Outcome};

pub(in crate::real) const CHECKS: &[Check] = &[
    Check {
        name: "fault/signals",
        shows: "signals at ten random moments: QEMU and swtpm are gone, no half output is left",
        run: signals,
    },
    Check {
        name: "fault/swtpm-dies",
        shows: "a TPM that dies in the middle is told, with 2",
        run: |context| {
            let setup = Setup {
                around: Some(at_windows_pe("kill -KILL $(pgrep swtpm)")),
                ..Setup::default()
            };
            fails(context, &setup, 2, &["the TPM is gone", "signal: 9"])
        },
    },
    Check {
        name: "fault/qemu-dies",
        shows: "a QEMU that crashes in the middle is told, with 2",
        run: |context| in_the_middle(context, "kill -SEGV $(pgrep qemu)", &["SIGSEGV"]),
    },
    Check {
        name: "fault/clock-jumps",
        shows: "a host's clock that jumps by days while Setup runs changes nothing",
        run: clock_jumps,
    },
    Check {
        name: "fault/disk-full",
        shows: "a work folder that fills in the middle is told, with 2",
        run: disk_full,
    },
    Check {
        name: "fault/no-room",
        shows: "a work folder without room is told before QEMU starts, with 2",
        run: |context| {
            let mount = "mount -t tmpfs -o size=64m tmpfs small";
            before(context, mount, "tcg", &["MiB free, and about", "hint"])
        },
    },
    Check {
        name: "fault/no-room-out",
        shows: "an output without room is told before QEMU starts, with 2",
        run: no_room_out,
    },
    Check {
        name: "fault/out-full",
        shows: "an output that fills while the image is sealed is told, with 2",
        run: out_full,
    },
    Check {
        name: "fault/read-only",
        shows: "an output on a read-only file system is told before QEMU starts, with 2",
        run: |context| {
            let mount = "mount -t tmpfs -o ro tmpfs small";
            before(context, mount, "tcg", &["cannot make", "Read-only"])
        },
    },
    Check {
        name: "fault/kvm-absent",
        shows: "a host without KVM is told before QEMU starts, with 2",
        run: |context| {
            let says = ["cannot open `/dev/kvm`: No such file", "hint"];
            before(context, NO_KVM, "kvm", &says)
        },
    },
    Check {
        name: "fault/kvm-forbidden",
        shows: "KVM that this user may not use is told before QEMU starts, with 2",
        run: |context| {
            let forbid = format!("{NO_KVM}\n{NULL_KVM}\nmount -o remount,bind,nodev /dev/kvm");
            let says = ["cannot open `/dev/kvm`: Permission denied", "hint"];
            before(context, &forbid, "kvm", &says)
        },
    },
    Check {
        name: "fault/kvm-is-none",
        shows: "a `/dev/kvm` that is no KVM is told, with 2",
        run: |context| {
            let broken = format!("{NO_KVM}\n{NULL_KVM}");
            before(context, &broken, "kvm", &["KVM"])
        },
    },
];

/// A `/dev` with no more than programs need; nobody outside of the namespace sees it.
const NO_KVM: &str = "mkdir dev && mount -t tmpfs tmpfs dev
for name in null zero full random urandom tty; do
    touch dev/$name; mount --bind /dev/$name dev/$name
done
mount --rbind dev /dev; mount -t tmpfs tmpfs small";
const NULL_KVM: &str = "touch /dev/kvm; mount --bind /dev/null /dev/kvm";

const SHORT: Duration = Duration::from_secs(60);

/// The spec that changes nothing.
const AS_IT_IS: Value = Value::Null;

/// What goes wrong before the install begins.
fn before(context: &Context, does: &str, accel: &str, says: &[&str]) -> Result<Outcome> {
    let spec = json!({ "install": { "accel": accel } });
    let setup = Setup {
        around: Some(format!("mkdir small\n{does}\n\"$@\"; code=$?")),
        out: Some("small/out"),
        ..Setup::light(Order::default(), spec)
    };
    fails(context, &setup, 2, says)
}

/// Runs the install, and something once Setup has begun.
fn at_windows_pe(does: &str) -> String {
    at_phase("windowsPE", does)
}

/// Runs the install, and something once a phase has begun.
pub(in crate::real) fn at_phase(phase: &str, does: &str) -> String {
    format!(
        r#"mkfifo told; "$@" 2> told & pid=$!
while IFS= read -r line; do
    printf '%s\n' "$line" >&2
    case "$line" in *'phase `{phase}`') {does};; esac
done < told
wait $pid; code=$?"#
    )
}

fn in_the_middle(context: &Context, does: &str, says: &[&str]) -> Result<Outcome> {
    let setup = Setup {
        around: Some(at_windows_pe(does)),
        ..Setup::light(Order::default(), AS_IT_IS)
    };
    fails(context, &setup, 2, says)
}

/// The folder has room when it is looked at, and no more than 4 MiB of it when Setup writes.
fn disk_full(context: &Context) -> Result<Outcome> {
    let shrink = "used=$(df --output=used -k small | tail -n 1)
        mount -o remount,size=$((used + 4096))k small";
    let setup = Setup {
        around: Some(format!(
            "mkdir small; mount -t tmpfs -o size=16g tmpfs small\n{}",
            at_windows_pe(shrink)
        )),
        out: Some("small/out"),
        ..Setup::light(Order::default(), AS_IT_IS)
    };
    fails(context, &setup, 2, &["no space left for the disk"])
}

fn no_room_out(context: &Context) -> Result<Outcome> {
    let setup = Setup {
        around: Some(
            "mkdir small; mount -t tmpfs -o size=1m tmpfs small\n\"$@\"; code=$?".to_owned(),
        ),
        out: Some("small/out"),
        work: Some("work"),
        ..Setup::light(Order::default(), AS_IT_IS)
    };
    let says = [
        "MiB free, and about",
        "hint: free some, or name another folder with `--out`",
    ];
    fails(context, &setup, 2, &says)
}

/// The output has room when it is looked at, and next to none when it is written.
fn out_full(context: &Context) -> Result<Outcome> {
    let setup = Setup {
        around: Some(format!(
            "mkdir small; mount -t tmpfs -o size=1g tmpfs small\n{}",
            at_windows_pe("mount -o remount,size=1m small")
        )),
        out: Some("small/out"),
        work: Some("work"),
        ..Setup::light(Order::default(), AS_IT_IS)
    };
    fails(
        context,
        &setup,
        2,
        &["No space left on device", "hint: free some space there"],
    )
}

/// Comes before the C library, and reads the clock's offset from a file each time that it is asked.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// The clock that people read jumps, the one that counts from the start does not: as when a host's
/// clock is set. Children have no environment, so it is the helper's alone.
fn clock_jumps(context: &Context) -> Result<Outcome> {
    let lucarne = parts::lucarne_linked(&context.folder)?;
    let words = [
        "env",
        &format!("LD_PRELOAD={FAKETIME}"),
        "FAKETIME_TIMESTAMP_FILE=clock",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        lucarne.as_str(),
    ];
    let jump = "echo +3d > clock.new; mv clock.new clock; date > jumped";
    let setup = Setup {
        around: Some(format!("echo +0d > clock\n{}", at_windows_pe(jump))),
        program: Some(words.map(ToOwned::to_owned).into()),
        ..Setup::light(Order::default(), AS_IT_IS)
    };
    let end = ended(context, &setup)?;
    ensure!(end.code == 0, "the install ended with {}", end.code);
    ensure!(context.folder.join("jumped").exists(), "no clock jumped");
    let manifest = context.folder.join("out/manifest.json");
    let manifest: Value = serde_json::from_slice(&fs::read(&manifest)?)?;
    // Sealed minutes, not days, after the install began.
    let day = |time: &str| manifest[time].as_str().map(|text| text[..10].to_owned());
    let (begun, sealed) = (day("installedAt"), day("sealedAt"));
    ensure!(begun.is_some(), "the manifest has no times");
    let today = context.read(SHORT, &["date", "--utc", "+%Y-%m-%d"])?;
    ensure!(
        sealed == begun || sealed.as_deref() == Some(today.trim()),
        "begun {begun:?}, sealed {sealed:?}"
    );
    Ok(Outcome::Passed)
}

/// How many moments, and the latest of them: by then Setup has begun, if no other work delays it.
const MOMENTS: usize = 10;
const LATEST_MS: u64 = 12_000;

fn signals(context: &Context) -> Result<Outcome> {
    let now = SystemTime::UNIX_EPOCH.elapsed().context("the clock")?;
    let mut random = now.as_secs() | 1;
    context.log(&format!("seed {random}"))?;
    // 137 would be taken for that of the check's own time limit.
    let signals = [("TERM", 143), ("INT", 130), ("HUP", 129), ("KILL", 109)];
    for (signal, code) in signals.iter().cycle().take(MOMENTS) {
        // A step of xorshift.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let after = random % LATEST_MS;
        context.log(&format!("SIG{signal} after {after} ms"))?;
        let setup = Setup {
            around: Some(format!(
                // In the foreground: a shell's background commands ignore SIGINT.
                r#"rm -rf out* pid; (sleep {}.{:03}; kill -{signal} $(cat pid)) &
                sh -c 'echo $$ > pid; exec "$@"' sh "$@"; code=$?
                if test $code = 137; then code=109; touch {KILLED}; fi"#,
                after / 1000,
                after % 1000
            )),
            ..Setup::default()
        };
        let end = ended(context, &setup)?;
        ensure!(
            end.code == *code,
            "SIG{signal} after {after} ms ended it with {} instead of {code}",
            end.code
        );
        let mut left = made(context)?;
        // Nobody could remove what it was making; what is whole is what must not be there.
        left.retain(|name| *signal != "KILL" || name == "out");
        ensure!(
            left.is_empty(),
            "SIG{signal} after {after} ms left {left:?}"
        );
    }
    Ok(Outcome::Passed)
}
