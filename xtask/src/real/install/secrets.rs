//! What a user wrote into Nix is in the spec, and then where it is needed: nowhere else.
//!
//! A spec with a secret in each place that can hold one, and a search for each of them, in every
//! form that Windows writes, through all that an install leaves.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8Path;
use serde_json::{Value, json};

use super::run::End;
use crate::real::raw::raw_of;
use crate::real::search::{Search, Secret};
use crate::test::Context;

/// No two alike, none a part of another, and each what its place takes.
fn secret(what: &'static str) -> Secret {
    let letters = what.bytes().filter(u8::is_ascii_alphabetic);
    let letters: String = letters.map(char::from).collect();
    Secret::new(what, format!("Qz7-{letters}-K4w9"))
}

/// Own keys have a form; this one is nobody's, and the stand-in takes it (`MADE_UP_KEY`).
const KEY: &str = "BCDFG-HJKMP-QRTVW-XY234-6789B";
/// The one that has to stay: a machine's start needs what its steps say.
const STAYS: &str = "argument at each start";

/// What `djoin` would write.
fn blob() -> String {
    let bytes: Vec<u8> = (0..180_u8).map(|n| n.wrapping_mul(73) ^ 0x5a).collect();
    STANDARD.encode(bytes)
}

/// The places that can hold a secret in a list of steps.
const IN_STEPS: [&str; 9] = [
    "registry",
    "text of a file",
    "variable",
    "new account",
    "argument of cmd",
    "text of cmd",
    "argument of PowerShell",
    "argument of a program",
    "variable of a program",
];

/// Steps with a secret in each place.
pub(in crate::real) fn steps() -> Vec<Value> {
    let text = |what| secret(what).text;
    vec![
        json!({ "registry": {
            "key": r"HKLM\Software\Example", "values": { "ApiToken": text("registry") },
        } }),
        json!({ "file": { "path": r"C:\Example\token.txt", "text": text("text of a file") } }),
        json!({ "environment": { "name": "API_TOKEN", "value": text("variable") } }),
        json!({ "user": { "name": "grace", "password": text("new account") } }),
        json!({ "cmd": {
            "text": format!("rem {}\r\n", text("text of cmd")),
            "arguments": [text("argument of cmd")],
        } }),
        json!({ "powerShell": {
            "text": "exit 0", "arguments": [text("argument of PowerShell")],
        } }),
        json!({ "program": {
            "path": r"C:\Windows\System32\whoami.exe",
            "arguments": [format!("/token={}", text("argument of a program"))],
            "environment": { "API_KEY": text("variable of a program") },
        } }),
    ]
}

/// The secrets of [`steps`].
pub(in crate::real) fn of_steps() -> Vec<Secret> {
    IN_STEPS.into_iter().map(secret).collect()
}

/// A spec with all of them.
pub(super) fn spec() -> Value {
    let mut steps = steps();
    steps.push(json!({ "phase": "boot", "cmd": {
        "text": "exit /b 0\r\n", "arguments": [secret(STAYS).text],
    } }));
    json!({
        "users": { "demo": { "password": secret("account").text } },
        "administrator": { "password": secret("built-in account").text },
        "autoLogon": "demo",
        "productKey": KEY,
        "domain": { "offlineJoin": blob() },
        "steps": steps,
    })
}

/// Those of [`spec`].
fn all() -> Vec<Secret> {
    let mut all = of_steps();
    all.extend(["account", "built-in account", STAYS].map(secret));
    for (what, text) in [("product key", KEY.to_owned()), ("domain join", blob())] {
        all.push(Secret::new(what, text));
    }
    all
}

/// Runs an install with each program's arguments and variables written down.
pub(super) const TRACED: &str = "strace --follow-forks --seccomp-bpf --trace=execve \
    --no-abbrev --string-limit=1048576 --output=started \"$@\"; code=$?";

/// Looks through all that an install with [`spec`] left.
pub(super) fn nowhere_else(context: &Context, end: &End) -> Result<()> {
    let search = Search::new(&all())?;
    let mut wrote = search.in_file(&context.folder.join("spec.json"))?;
    wrote.sort_unstable();
    let mut wanted: Vec<_> = all().iter().map(|secret| secret.what).collect();
    wanted.sort_unstable();
    ensure!(wrote == wanted, "the spec has the secrets {wrote:?} alone");

    search.none_in("the log", end.stderr.as_bytes())?;
    search.none_in("what is told programs", end.stdout.as_bytes())?;
    let started = fs::read(context.folder.join("started")).context("nothing was traced")?;
    search.none_in("an argument list", &started)?;
    let started = String::from_utf8_lossy(&started);
    for program in ["qemu-system-x86_64", "qemu-img", "guard"] {
        ensure!(started.contains(program), "the trace has no `{program}`");
    }
    let out = context.folder.join("out");
    search.none_below(&out)?;
    on_disk(context, &search, &out.join("disk.qcow2"))
}

/// The sealed disk as the machine sees it. What stays of the user's secrets on a real one, besides
/// what his steps were to write: hashes of passwords, the LSA secret of the automatic logon, which
/// is encrypted, the key that Windows activates with, the computer account's password. None of
/// them is in the stand-in. What stays here too is what each start needs.
fn on_disk(context: &Context, search: &Search, disk: &Utf8Path) -> Result<()> {
    let raw = raw_of(context, disk, None)?;
    let found = search.in_file(&raw)?;
    fs::remove_file(&raw)?;
    ensure!(
        found == [STAYS],
        "on the sealed disk are the secrets {found:?}"
    );
    Ok(())
}
