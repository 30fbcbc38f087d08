//! What a machine is told, and who else hears of it: nobody.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;
use rustix::process::Pid;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::instance::{Instance, Running};
use super::refused::refused;
use crate::real::search::{Search, Secret};
use crate::test::{Context, Outcome};

/// A part of each password, by which one is found however the rest of it is quoted.
const PIECE: &str = "%PATH%!x! <&|>";
/// The most characters that a password of Windows' has, in units of UTF-16.
const PASSWORD_UNITS_MAX: usize = 256;
/// So long a value.
const LONG: usize = 10_000;
/// The supervisor's own memory. The pages of its program, which machines share, are many in an
/// unoptimised build, and told besides.
pub(super) const OWN_KIB_MAX: u64 = 16 << 10;

pub(super) fn told(context: &Context) -> Result<Outcome> {
    let mut vault = Instance::new(context, "vault")?;
    let keep = |name: &str, password: &str| {
        let credential = vault.folder.join("credentials").join(name);
        // A line's end is the editor's.
        fs::write(&credential, format!("{password}\n"))
            .with_context(|| format!("cannot write `{credential}`"))
    };
    let passwords = [("ada", password()), ("grace", long(PASSWORD_UNITS_MAX))];
    for (name, password) in &passwords {
        keep(name, password)?;
    }
    let script = script();
    let key = format!("ssh-ed25519 AAAA {}", r#"x"'$(y)%z%"#);
    vault.machine["dataDisk"] = json!({ "sizeGib": 1, "label": "O'Brien's $(x) %y%" });
    vault.machine["guest"] = json!({
        "accounts": [
            { "name": "ada", "passwordCredential": "ada", "authorizedKeys": [key] },
            { "name": "grace", "passwordCredential": "grace" },
        ],
        "folders": [r"D:\Büro & Co\%x% $(y) 'z'"],
        "scripts": [{ "powerShell": { "text": script } }],
    });
    keep("grace", &long(LONG))?;
    refused(
        &vault,
        2,
        &[
            "guest.accounts[1].passwordCredential",
            "1 to 256 characters",
        ],
    )?;
    keep("grace", &passwords[1].1)?;
    let mut machine = vault.start()?;
    machine.ready()?;
    let mut console = machine.console()?;
    let found = console.show()?;
    applied(&found, &key, &script)?;
    for (name, password) in &passwords {
        ensure!(
            found["passwords"][name] == password_hash(password),
            "`{name}` has another password"
        );
    }
    // The medium went when the guest had read it.
    ensure!(found["media"]["second"] == false, "the config CD stays");
    hidden(&vault, &machine)?;
    small(&machine)?;

    console.leave(&json!("restart"))?;
    machine.until("STATUS=booting")?;
    machine.until("STATUS=ready")?;
    let again = machine.console()?.show()?;
    ensure!(again["starts"] != found["starts"], "it did not restart");
    ensure!(again["settings"] == found["settings"], "it was told else");
    ensure!(again["media"]["second"] == false, "the config CD stays");
    machine.stop()?;
    // What it said is in the folder too.
    let search = search(&[&vault.folder.join("credentials")])?;
    search.none_below(&vault.folder)?;
    search.none_below(&vault.image.folder)?;
    Ok(Outcome::Passed)
}

/// Everything that a shell, a quoting or a parser may trip over; and no line end, which would be
/// the file's.
fn password() -> String {
    format!(r#"p"'`$(x){PIECE}\\?*{{"a":1}}]]> ÄÖ 🪟 --x -snapshot,if=none"#)
}

/// One with so many units of UTF-16.
fn long(units: usize) -> String {
    let one = password();
    let count = |text: &str| text.encode_utf16().count();
    let mut long = one.repeat(units / count(&one));
    long += &"x".repeat(units - count(&long));
    long
}

/// As the stand-in tells of one.
pub(in crate::real) fn password_hash(password: &str) -> String {
    format!("sha256:{:x}", Sha256::digest(password))
}

/// A search for all of the passwords, but in some places.
fn search(but: &[&Utf8Path]) -> Result<Search> {
    let secrets = [
        Secret::new("a password", password()),
        Secret::new("the longest password", long(PASSWORD_UNITS_MAX)),
        Secret::new("a password that is too long", long(LONG)),
        Secret::new("a piece of a password", PIECE),
    ];
    Search::but(&secrets, but)
}

/// A script whose text is long and hostile, and says nothing but comments.
fn script() -> String {
    let line = r#"# "quoted" 'x' $(y) %PATH% <a href="b">&amp;]]> \u0000 é"#;
    let mut text = String::new();
    while text.len() < LONG {
        text += line;
        text += "\r\n";
    }
    text
}

/// Everything arrived as it was said.
fn applied(found: &Value, key: &str, script: &str) -> Result<()> {
    ensure!(found["failures"] == json!([]), "{}", found["failures"]);
    let settings = &found["settings"];
    let keys = &settings["authorizedKeys"][0];
    ensure!(
        keys["account"] == "ada" && keys["keys"] == json!([key]),
        "{keys}"
    );
    let label = &settings["dataDisk"]["label"];
    ensure!(label == "O'Brien's $(x) %y%", "the label is {label}");
    let sizes = settings["payloads"].as_array().into_iter().flatten();
    let mut sizes = sizes.filter_map(|file| Some(file["data"].as_str()?.len()));
    // Base64 of it.
    let long = sizes.any(|size| size >= script.len() / 3 * 4);
    ensure!(long, "the script is not there");
    Ok(())
}

/// While it runs the password is in the config CD's file, which is its owner's alone, and nowhere
/// else.
fn hidden(vault: &Instance<'_>, machine: &Running<'_>) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let config = vault.place("runtime", "config.iso");
    let mode = fs::metadata(&config).with_context(|| format!("no `{config}`"))?;
    let mode = mode.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "the config CD's file has the mode {mode:o}");
    let search = search(&[&vault.folder.join("credentials"), &config])?;
    let on_it = search.in_file(&config)?;
    ensure!(!on_it.is_empty(), "no password is on the config CD");
    search.none_below(&vault.folder)?;
    let processes = machine.processes()?;
    ensure!(processes.len() > 4, "the processes are {processes:?}");
    for pid in processes {
        let number = Pid::as_raw(Some(pid));
        for file in ["cmdline", "environ"] {
            let path = format!("/proc/{number}/{file}");
            let bytes = match fs::read(&path) {
                // It has ended since.
                Err(gone) if is_gone(&gone) => continue,
                bytes => bytes.with_context(|| format!("cannot read `{path}`"))?,
            };
            // A program may well have no variables; it always has a name.
            ensure!(file != "cmdline" || !bytes.is_empty(), "`{path}` is empty");
            search.none_in(&format!("`{path}`"), &bytes)?;
        }
    }
    Ok(())
}

/// A process that has ended has no files, and one that is ending has them no longer.
fn is_gone(error: &std::io::Error) -> bool {
    let gone = [rustix::io::Errno::NOENT, rustix::io::Errno::SRCH];
    let number = error.raw_os_error();
    gone.iter().any(|gone| number == Some(gone.raw_os_error()))
}

fn small(machine: &Running<'_>) -> Result<()> {
    let (own, peak) = machine.memory_kib()?;
    println!("        run/told: the supervisor has {own} KiB, and had {peak} with its program");
    ensure!(own > 0, "its memory was not seen");
    ensure!(own <= OWN_KIB_MAX, "the supervisor has {own} KiB");
    Ok(())
}
