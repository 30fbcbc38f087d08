//! A layer's steps, done as far as a folder that stands for C: allows: files, folders and scripts
//! of cmd's really, so that layers differ; of the others it is said that they were done.
//!
//! It reads the steps as the guest program does, by the shared protocol, and judges them itself.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};
use lucarne_protocol::step::{
    Action, Encoding, ExitCodes, File, LineEnds, STEPS_SCHEMA, Source, Step, Steps,
};

use crate::{
    cmd::{self, Machine, Registry},
    drives::Drives,
};

/// How a step ended that could be tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// What its program wrote.
    pub output: String,
    /// What its program ended with.
    pub exit: Option<i64>,
    /// Why it failed.
    pub failed: Option<String>,
    /// Whether Windows restarts before the next one.
    pub restarts: bool,
}

/// Reads `steps.json`.
pub fn read(bytes: &[u8]) -> Result<Steps> {
    let steps: Steps = serde_json::from_slice(bytes).context("`steps.json` is none")?;
    ensure!(
        steps.schema == STEPS_SCHEMA,
        "`steps.json` is of the schema `{}`",
        steps.schema
    );
    Ok(steps)
}

/// Does a step on the drive C:. `medium` is the folder that its payload is in.
pub fn act(step: &Step, drives: &Drives, medium: &Path, registry: &mut Registry) -> Result<Ended> {
    let mut ended = match &step.action {
        Action::File(file) => write(file, drives, medium).map(|()| Ended::default()),
        Action::Directory(directory) => make(&directory.path, drives),
        Action::Delete(delete) => remove(&delete.path, drives),
        Action::Cmd(script) => {
            let text = fs::read_to_string(payload(medium, &script.script.0)?);
            let text = text.context("the script cannot be read")?;
            run(&text, &script.exit_codes, drives, registry)
        }
        Action::Reboot => Ok(Ended {
            restarts: true,
            ..Ended::default()
        }),
        Action::Certificate(it) => certificate(&it.certificate.0, medium),
        // Nothing here has them; the real program is looked at elsewhere.
        _ => Ok(Ended::default()),
    }?;
    ended.restarts |= step.reboot;
    Ok(ended)
}

fn payload(medium: &Path, path: &str) -> Result<std::path::PathBuf> {
    let at = medium.join(path.replace('\\', "/"));
    ensure!(at.exists(), "`{path}` is not on the medium");
    Ok(at)
}

/// Nothing here has a store, but what would go into it is to be a certificate: PEM, or DER, which
/// begins with a sequence whose length has two bytes.
fn certificate(path: &str, medium: &Path) -> Result<Ended> {
    const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let bytes = fs::read(payload(medium, path)?).context("the certificate cannot be read")?;
    let pem = bytes.windows(PEM.len()).any(|part| part == PEM);
    let der = bytes.starts_with(&[0x30, 0x82]);
    ensure!(pem || der, "it is no certificate in DER or PEM");
    Ok(Ended::default())
}

fn make(path: &str, drives: &Drives) -> Result<Ended> {
    let at = drives.place(path)?;
    fs::create_dir_all(&at).with_context(|| format!("cannot make `{path}`"))?;
    Ok(Ended::default())
}

/// What is not there is as good.
fn remove(path: &str, drives: &Drives) -> Result<Ended> {
    if let Some(at) = drives.find(path)? {
        let removed = if at.is_dir() {
            fs::remove_dir_all(&at)
        } else {
            fs::remove_file(&at)
        };
        removed.with_context(|| format!("cannot remove `{path}`"))?;
    }
    Ok(Ended::default())
}

fn write(file: &File, drives: &Drives, medium: &Path) -> Result<()> {
    let at = drives.place(&file.path)?;
    let folder = at.parent().context("a file has a folder")?;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make a folder for `{}`", file.path))?;
    let bytes = match &file.source {
        Source::Text {
            text,
            encoding,
            line_ends,
        } => encoded(text, *encoding, *line_ends)?,
        Source::Payload(path) => {
            let from = payload(medium, &path.0)?;
            ensure!(from.is_file(), "`{}` is a folder", path.0);
            fs::read(from).context("the payload cannot be read")?
        }
    };
    let old = if file.append {
        fs::read(&at).unwrap_or_default()
    } else {
        Vec::new()
    };
    fs::write(&at, [old, bytes].concat()).with_context(|| format!("cannot write `{}`", file.path))
}

fn encoded(text: &str, encoding: Encoding, line_ends: LineEnds) -> Result<Vec<u8>> {
    let text = match line_ends {
        LineEnds::Keep => text.to_owned(),
        LineEnds::Crlf => text.replace("\r\n", "\n").replace('\n', "\r\n"),
    };
    Ok(match encoding {
        Encoding::Utf8 => text.into_bytes(),
        Encoding::Utf8Bom => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        Encoding::Utf16 => [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect(),
        Encoding::Ansi if text.is_ascii() => text.into_bytes(),
        Encoding::Ansi => bail!("no code page is known here"),
    })
}

fn run(text: &str, codes: &ExitCodes, drives: &Drives, registry: &mut Registry) -> Result<Ended> {
    let (code, output) = script(text, drives, registry)?;
    let exit = i64::from(code);
    let restarts = codes.reboot.contains(&exit);
    let fine = restarts || codes.success.contains(&exit);
    Ok(Ended {
        output,
        exit: Some(exit),
        failed: (!fine).then(|| format!("the script ended with {exit}")),
        restarts,
    })
}

/// Runs a script line by line, up to its `exit`: its exit code, and what it wrote.
pub fn script(text: &str, drives: &Drives, registry: &mut Registry) -> Result<(i32, String)> {
    let (mut output, mut code) = (String::new(), 0);
    for line in text.lines() {
        let line = line.trim().trim_start_matches('@');
        if let Some(said) = line.strip_prefix("echo ").filter(|_| !line.contains('>')) {
            if said != "off" {
                output += said;
                output += "\r\n";
            }
            continue;
        }
        if let Some(path) = line.strip_prefix("type ") {
            let bytes = drives.find(path.trim_matches('"'))?.map(fs::read);
            code = match bytes {
                Some(Ok(bytes)) => {
                    output += &String::from_utf8_lossy(&bytes);
                    0
                }
                _ => 1,
            };
            continue;
        }
        if line.is_empty() || line.starts_with("rem ") || line.starts_with("chcp ") {
            continue;
        }
        let mut machine = Machine::new(drives, registry);
        machine.error_level = code;
        code = cmd::run(&mut machine, &format!("cmd /c {line}"))
            .with_context(|| format!("the line `{line}`"))?;
        if line == "exit" || line.starts_with("exit ") {
            break;
        }
    }
    Ok((code, output))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Does a step on a folder: how it ended, and the folder.
    fn done(action: &Value, payload: &[(&str, &str)]) -> (Result<Ended>, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("the test may write");
        let (root, medium) = (folder.path().join("c"), folder.path().join("medium"));
        fs::create_dir_all(root.join("Windows")).expect("writable");
        fs::create_dir_all(medium.join("payload")).expect("writable");
        for (name, text) in payload {
            fs::write(medium.join(name), text).expect("writable");
        }
        let step = json!({
            "id": "a", "name": "A", "phase": "system", "timeoutSec": 60, "action": action,
        });
        let step: Step = serde_json::from_value(step).expect("a step");
        let mut drives = Drives::default();
        drives.assign('C', &root);
        let ended = act(&step, &drives, &medium, &mut Registry::new());
        (ended, folder)
    }

    fn script(text: &str) -> Result<Ended> {
        let action = json!({ "cmd": {
            "script": r"payload\a.cmd", "arguments": [],
            "exitCodes": { "success": [0], "reboot": [3010] },
        }});
        done(&action, &[("payload/a.cmd", text)]).0
    }

    #[test]
    fn files_are_written_where_they_belong() {
        let file = json!({ "file": { "path": r"C:\windows\New\a.txt", "source": { "text": {
            "text": "one\ntwo", "encoding": "utf16", "lineEnds": "crlf",
        }}}});
        let (ended, folder) = done(&file, &[]);
        assert_eq!(ended.expect("written"), Ended::default());
        let bytes = fs::read(folder.path().join("c/Windows/New/a.txt")).expect("is there");
        assert_eq!(bytes[..4], [0xff, 0xfe, b'o', 0]);
        assert_eq!(bytes.len(), 2 + 2 * 8);
        let copied = json!({ "file": {
            "path": r"C:\b.bin", "source": { "payload": r"payload\b" },
        }});
        let (ended, folder) = done(&copied, &[("payload/b", "bytes")]);
        ended.expect("copied");
        assert_eq!(
            fs::read(folder.path().join("c/b.bin")).expect("there"),
            b"bytes"
        );
        let error = done(&copied, &[]).0.expect_err("is not there");
        assert!(error.to_string().contains("not on the medium"), "{error}");
    }

    #[test]
    fn what_is_to_go_goes() {
        let (ended, folder) = done(&json!({ "delete": { "path": r"C:\WINDOWS" } }), &[]);
        ended.expect("removed");
        assert!(!folder.path().join("c/Windows").exists());
        done(&json!({ "delete": { "path": r"C:\none" } }), &[])
            .0
            .expect("as good");
    }

    #[test]
    fn a_script_is_judged_by_its_exit_code() {
        let text = "@echo off\r\necho no such package\r\nexit /b 7\r\necho never\r\n";
        let ended = script(text).expect("ran");
        assert_eq!(ended.output, "no such package\r\n");
        assert_eq!(ended.exit, Some(7));
        assert_eq!(ended.failed.as_deref(), Some("the script ended with 7"));
        let ended = script("exit /b 3010\r\n").expect("ran");
        assert!(ended.restarts && ended.failed.is_none());
        assert_eq!(script("ver\r\n").expect("ran").exit, Some(0));
        assert!(script("winget install x\r\n").is_err(), "is not known here");
        let ended = script("type C:\\none.txt\r\n").expect("ran");
        assert_eq!(ended.exit, Some(1));
    }

    #[test]
    fn a_certificate_is_one() {
        let step = json!({ "certificate": { "certificate": r"payload\a.cer", "store": "Root" } });
        for (text, fine) in [
            ("-----BEGIN CERTIFICATE-----\nMII=\n", true),
            ("-----BEGIN PRIVATE KEY-----\n", false),
            ("", false),
        ] {
            let ended = done(&step, &[("payload/a.cer", text)]).0;
            assert_eq!(ended.is_ok(), fine, "{text}: {ended:?}");
        }
        assert!(done(&step, &[]).0.is_err(), "it is not there");
    }

    #[test]
    fn other_steps_are_as_good_as_done() {
        let (ended, _) = done(&json!({ "timeZone": "UTC" }), &[]);
        assert_eq!(ended.expect("said"), Ended::default());
        assert!(done(&json!("reboot"), &[]).0.expect("a restart").restarts);
        let other = br#"{"schema":"lucarne.steps/9","steps":[],"finish":{}}"#;
        assert!(read(other).is_err());
    }
}
