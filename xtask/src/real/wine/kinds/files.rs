//! Files and folders: read back from the host's side.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::real::wine::document::{document, step};
use crate::real::wine::machine::{Machine, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECK: Check = Check {
    name: "wine/files",
    shows: "files have the bytes that were asked for, and what is to go is gone",
    run: files,
};

fn text(id: &str, path: &str, text: &str, encoding: &str, line_ends: &str) -> Value {
    let source = json!({ "text": { "text": text, "encoding": encoding, "lineEnds": line_ends } });
    step(id, &json!({ "file": { "path": path, "source": source } }))
}

fn more(id: &str, path: &str, words: &str, encoding: &str) -> Value {
    let source = json!({ "text": { "text": words, "encoding": encoding, "lineEnds": "crlf" } });
    step(
        id,
        &json!({ "file": { "path": path, "source": source, "append": true } }),
    )
}

fn payload(id: &str, path: &str, from: &str) -> Value {
    step(
        id,
        &json!({ "file": { "path": path, "source": { "payload": from } } }),
    )
}

fn delete(id: &str, path: &str) -> Value {
    step(id, &json!({ "delete": { "path": path } }))
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const WORDS: &str = "é 🪟\r\nb\nc";

fn steps() -> Vec<Value> {
    vec![
        text("utf8", r"C:\new\deep\utf8.txt", WORDS, "utf8", "keep"),
        text("bom", r"C:\new\bom.ps1", WORDS, "utf8Bom", "crlf"),
        text("utf16", r"C:\new\utf16.reg", WORDS, "utf16", "crlf"),
        text("ansi", r"C:\new\ansi.ini", "é\n", "ansi", "crlf"),
        text(
            "variable",
            r"%SystemRoot%\by variable.txt",
            "x",
            "utf8",
            "keep",
        ),
        text("over", r"C:\old.txt", "new", "utf8", "keep"),
        more("append", r"C:\new\bom.ps1", "d", "utf8Bom"),
        more("append-new", r"C:\new\fresh.reg", "d", "utf16"),
        step(
            "protected-file",
            &json!({ "file": {
                "path": r"C:\key",
                "source": { "text": { "text": "k", "encoding": "utf8", "lineEnds": "keep" } },
                "sddl": "D:P(A;;FA;;;SY)(A;;FA;;;BA)",
            } }),
        ),
        payload("file", r"C:\copied\one.bin", r"payload\a\one.bin"),
        payload("folder", r"C:\copied\all", r"payload\a"),
        step(
            "directory",
            &json!({ "directory": { "path": r"C:\made\of\many" } }),
        ),
        step(
            "protected",
            &json!({ "directory": {
            "path": r"C:\protected",
            "sddl": "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)",
        } }),
        ),
        delete("delete", r"C:\gone.txt"),
        delete("delete-folder", r"C:\gone"),
        delete("delete-some", r"C:\some\*.tmp"),
        delete("delete-none", r"C:\nowhere\*"),
    ]
}

fn files(context: &Context) -> Result<Outcome> {
    let steps = steps();
    let machine = Machine::new(context, &document(&[]))?;
    machine.write("old.txt", "much longer than what replaces it")?;
    machine.write("windows/Lucarne/payload/a/one.bin", [0, 1, 2, 255])?;
    machine.write("windows/Lucarne/payload/a/sub/two.txt", "two")?;
    for file in [
        "gone.txt",
        "gone/a/b.txt",
        "some/a.tmp",
        "some/B.TMP",
        "some/a.txt",
    ] {
        machine.write(file, "x")?;
    }
    let went = machine.build(&steps, &[run(&["cmd", "/c", "type", r"C:\new\utf16.reg"])])?;
    went.all_done(&steps)?;
    let crlf = "é 🪟\r\nb\r\nc";
    let wanted: [(&str, Vec<u8>); 11] = [
        ("new/deep/utf8.txt", WORDS.into()),
        ("new/bom.ps1", format!("\u{feff}{crlf}d").into()),
        ("new/utf16.reg", utf16(&format!("\u{feff}{crlf}"))),
        // The code page of Wine's locale here is UTF-8's or Western Europe's.
        ("windows/by variable.txt", "x".into()),
        ("old.txt", "new".into()),
        ("key", "k".into()),
        ("new/fresh.reg", utf16("\u{feff}d")),
        ("copied/one.bin", vec![0, 1, 2, 255]),
        ("copied/all/one.bin", vec![0, 1, 2, 255]),
        ("copied/all/sub/two.txt", "two".into()),
        ("some/a.txt", "x".into()),
    ];
    for (path, bytes) in wanted {
        let found = machine.read(path)?;
        ensure!(found == bytes, "`{path}` has {found:?}, not {bytes:?}");
    }
    let ansi = machine.read("new/ansi.ini")?;
    let known: [&[u8]; 2] = [b"\xe9\r\n", "é\r\n".as_bytes()];
    ensure!(known.contains(&&ansi[..]), "`ansi.ini` has {ansi:?}");
    for folder in ["made/of/many", "protected", "some"] {
        ensure!(machine.file(folder)?.is_dir(), "there is no `{folder}`");
    }
    for gone in ["gone.txt", "gone", "some/a.tmp", "some/B.TMP"] {
        ensure!(!machine.file(gone)?.exists(), "`{gone}` is still there");
    }
    refused(&machine)
}

/// What a link leads to stays, and the link is told. Wine shows one to a folder as Windows shows
/// its own.
fn linked(machine: &Machine) -> Result<Outcome> {
    machine.write("target/kept.txt", "x")?;
    std::os::unix::fs::symlink("target", machine.file("link")?)?;
    for path in [r"C:\link\*", r"C:\link\kept.txt"] {
        let step = delete("through", path);
        let went = machine.build(std::slice::from_ref(&step), &[])?;
        let end = went.end_of("through")?;
        let message = end["message"].as_str().unwrap_or_default();
        let said = message.starts_with(r"`C:\link` is a link");
        ensure!(end["status"] == "failed" && said, "{end}");
        machine.read("target/kept.txt")?;
    }
    Ok(Outcome::Passed)
}

/// What cannot be done is told with its place.
fn refused(machine: &Machine) -> Result<Outcome> {
    for (step, said) in [
        (
            payload("no-payload", r"C:\x", r"payload\nothing"),
            r"payload\nothing",
        ),
        (
            text("no-variable", r"%NOBODY%\x", "x", "utf8", "keep"),
            "has no letter of a drive",
        ),
        (
            text("no-place", r"C:\old.txt\x", "x", "utf8", "keep"),
            "old.txt",
        ),
    ] {
        let went = machine.build(std::slice::from_ref(&step), &[])?;
        let end = went.end_of(step["id"].as_str().unwrap_or_default())?;
        let message = end["message"].as_str().unwrap_or_default();
        ensure!(end["status"] == "failed" && message.contains(said), "{end}");
    }
    linked(machine)
}
