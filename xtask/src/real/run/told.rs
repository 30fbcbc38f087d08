//! What a machine is told, and who else hears of it: nobody.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::Pid;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::instance::{Instance, Running};
use crate::test::{Context, Outcome};

/// Everything that a shell, a quoting or a parser may trip over; and no line end, which would be
/// the file's.
const PASSWORD: &str = r#"p"'`$(x)%PATH%!x! <&|>\\?*{"a":1}]]> ÄÖ 🪟 --x -snapshot,if=none"#;
/// So long a value, and of what.
const LONG: usize = 10_000;
/// The supervisor's own memory. The pages of its program, which machines share, are many in an
/// unoptimised build, and told besides.
pub(super) const OWN_KIB_MAX: u64 = 16 << 10;

pub(super) fn told(context: &Context) -> Result<Outcome> {
    let mut vault = Instance::new(context, "vault")?;
    let credential = vault.folder.join("credentials/ada");
    fs::write(&credential, format!("{PASSWORD}\n"))?;
    let script = script();
    let key = format!("ssh-ed25519 AAAA {}", r#"x"'$(y)%z%"#);
    vault.machine["dataDisk"] = json!({ "sizeGib": 1, "label": "O'Brien's $(x) %y%" });
    vault.machine["guest"] = json!({
        "accounts": [{ "name": "ada", "passwordCredential": "ada", "authorizedKeys": [key] }],
        "folders": [r"D:\Büro & Co\%x% $(y) 'z'"],
        "scripts": [{ "powerShell": { "text": script } }],
    });
    let mut machine = vault.start()?;
    machine.ready()?;
    let mut console = machine.console()?;
    let found = console.show()?;
    applied(&found, &key, &script)?;
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
    let end = machine.stop()?;
    ensure!(!end.stderr.contains("p\\\"'"), "the password is told");
    silent(&vault.folder, &[])?;
    silent(&vault.image.folder, &[])?;
    Ok(Outcome::Passed)
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
    let digest = Sha256::digest(PASSWORD);
    let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = format!("sha256:{}", digits.concat());
    ensure!(found["passwords"]["ada"] == hash, "another password");
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
    ensure!(holds(&config)?, "the password is not on the config CD");
    silent(&vault.folder, &[&config])?;
    for pid in machine.processes()? {
        let number = Pid::as_raw(Some(pid));
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{number}/{file}")).unwrap_or_default();
            ensure!(!contains(&bytes), "process {number} has it in `{file}`");
        }
    }
    Ok(())
}

fn small(machine: &Running<'_>) -> Result<()> {
    let (own, peak) = machine.memory_kib()?;
    println!("        run/told: the supervisor has {own} KiB, and had {peak} with its program");
    ensure!(own > 0, "its memory was not seen");
    ensure!(own <= OWN_KIB_MAX, "the supervisor has {own} KiB");
    Ok(())
}

/// No file below holds the password, but the credential itself and some others.
fn silent(folder: &Utf8Path, but: &[&Utf8PathBuf]) -> Result<()> {
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        let about = path.symlink_metadata()?;
        if about.is_dir() {
            if path.file_name() != Some("credentials") {
                silent(&path, but)?;
            }
        } else if about.is_file() && !but.contains(&&path) {
            ensure!(!holds(&path)?, "`{path}` holds the password");
        }
    }
    Ok(())
}

fn holds(file: &Utf8Path) -> Result<bool> {
    let bytes = fs::read(file).with_context(|| format!("cannot read `{file}`"))?;
    Ok(contains(&bytes))
}

/// As it is, as JSON has it, in UTF-16, or in base64: a part of it that any of these has.
fn contains(bytes: &[u8]) -> bool {
    let plain = "%PATH%!x! <&|>";
    let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let in_it = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    in_it(plain.as_bytes()) || in_it(&wide)
}
