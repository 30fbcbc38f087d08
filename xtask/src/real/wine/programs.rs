//! Programs and scripts: how they end, what they write, and what is left of them.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::document::{document, program, step, step_of};
use super::machine::{Doing, Machine, PROBE, guest, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "wine/exit-codes",
        shows: "exit codes mean success, a restart that resumes behind the step, or a failure",
        run: exit_codes,
    },
    Check {
        name: "wine/hang",
        shows: "a program that hangs ends at its limit with all that it started",
        run: hang,
    },
    Check {
        name: "wine/left-behind",
        shows: "what a program that ended well leaves running runs on",
        run: left_behind,
    },
    Check {
        name: "wine/output",
        shows: "output comes as events in any encoding, and is bounded",
        run: output,
    },
    Check {
        name: "wine/scripts",
        shows: "scripts of cmd, Windows Installer and conditions do as their steps say",
        run: scripts,
    },
    Check {
        name: "wine/prompt",
        shows: "the earlier system's command lines are read as at a prompt",
        run: prompt,
    },
];

fn exit_codes(context: &Context) -> Result<Outcome> {
    let with = |id: &str, code: &str, success: &[i64], reboot: &[i64]| {
        let mut action = program(PROBE, &["exit", code]);
        action["program"]["exitCodes"] = json!({ "success": success, "reboot": reboot });
        step(id, &action)
    };
    let machine = Machine::new(context, &document(&[]))?;
    let steps = [
        with("zero", "0", &[0], &[]),
        with("seven", "7", &[0, 7], &[3010]),
        with("negative", "-1", &[0, -1], &[]),
        with("unsigned", "4294967294", &[4_294_967_294], &[]),
        with("reboot", "3010", &[0], &[3010, 1641]),
        with("initiated", "1641", &[0], &[3010, 1641]),
        with("failed", "1603", &[0], &[3010]),
        with("never", "0", &[0], &[]),
    ];
    machine.give(&document(&steps))?;
    for (last, code) in [("reboot", 3010), ("initiated", 1641)] {
        let went = machine.start(&[guest(&["run"])])?;
        let end = went.end_of(last)?;
        ensure!(end["status"] == "ok" && end["exit"] == code, "{end}");
        ensure!(went.ran[0].stdout.trim() == "restart", "{}", went.told());
        // Asked again in the same start of Windows it only restarts.
        ensure!(went.events.last() == Some(end), "{}", went.told());
    }
    let went = machine.start(&[guest(&["run"])])?;
    let end = went.end_of("failed")?;
    ensure!(end["status"] == "failed" && end["exit"] == 1603, "{end}");
    let said = "it ended with 1603: a fatal error during the installation";
    ensure!(end["message"] == said, "{end}");
    ensure!(went.ran[0].stdout.trim() == "power off", "{}", went.told());
    let last = went.events.last().map(|event| event["message"].clone());
    ensure!(
        last == Some(json!("step 7, `Step failed`, failed")),
        "{}",
        went.told()
    );
    let state = machine.state()?;
    let results = state["results"].as_array().map_or(0, Vec::len);
    ensure!(results == 7, "{state}");
    Ok(Outcome::Passed)
}

/// Whether the two processes of a tree write their files on.
fn alive(file: &str) -> Doing<'static> {
    let path = format!("prefix/drive_c/{file}");
    Doing::Shell(format!(
        "for n in 0 1; do before=$(cat {path}.$n); sleep 1; after=$(cat {path}.$n)\n\
         [ \"$before\" = \"$after\" ] || echo $n; done"
    ))
}

/// Waits until both have begun, for half a minute at most.
fn begun(file: &str) -> Doing<'static> {
    let path = format!("prefix/drive_c/{file}");
    Doing::Shell(format!(
        "for n in $(seq 300); do [ -s {path}.0 ] && [ -s {path}.1 ] && break; sleep 0.1; done"
    ))
}

fn hang(context: &Context) -> Result<Outcome> {
    let mut hangs = step("hangs", &program(PROBE, &["tree", "1", r"C:\beat"]));
    hangs["timeoutSec"] = json!(3);
    let machine = Machine::new(context, &document(&[]))?;
    let went = machine.build(&[hangs], &[alive("beat")])?;
    let end = went.end_of("hangs")?;
    let said = "it did not end within 3 s, and was ended";
    ensure!(end["status"] == "failed" && end["message"] == said, "{end}");
    let ms = end["ms"].as_u64().unwrap_or_default();
    ensure!(ms >= 3_000, "it was ended after {ms} ms");
    machine.read("beat.0")?;
    ensure!(went.ran[0].stdout.is_empty(), "it lives: {:?}", went.ran[0]);
    let told = went.events.iter().any(|event| event["text"] == "alive 0");
    ensure!(told, "what it wrote is not told\n{}", went.told());
    Ok(Outcome::Passed)
}

fn left_behind(context: &Context) -> Result<Outcome> {
    let start = ["/c", "start", "/b", PROBE, "tree", "1", r"C:\beat"];
    let steps = [step("starts", &program("cmd.exe", &start))];
    let machine = Machine::new(context, &document(&[]))?;
    let went = machine.build(&steps, &[begun("beat"), alive("beat")])?;
    went.all_done(&steps)?;
    ensure!(
        went.ran[1].stdout == "0\n1\n",
        "it was ended: {:?}",
        went.ran[1]
    );
    Ok(Outcome::Passed)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

fn output(context: &Context) -> Result<Outcome> {
    let utf16: Vec<u8> = "Grüße\r\n漢字\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let steps = [
        step(
            "utf8",
            &program(PROBE, &["bytes", &hex("Grüße 🪟\r\n> ".as_bytes())]),
        ),
        step(
            "control",
            &program(
                PROBE,
                &["bytes", &hex(b"\x1b[31m@nix {}\r\n@lucarne {}\r\n")],
            ),
        ),
        step("utf16", &program(PROBE, &["bytes", &hex(&utf16)])),
        step("page", &program(PROBE, &["bytes", &hex(b"caf\x82\r\n")])),
        step("flood", &program(PROBE, &["flood", "1024"])),
        step("both", &program(PROBE, &["exit", "0"])),
        step("input", &program(PROBE, &["read"])),
    ];
    let machine = Machine::new(context, &document(&[]))?;
    let went = machine.build(&steps, &[])?;
    went.all_done(&steps)?;
    let of = |id: &str| -> Vec<&str> {
        let events = went
            .events
            .iter()
            .filter(|event| event["event"] == "output" && event["step"] == id);
        events.filter_map(|event| event["text"].as_str()).collect()
    };
    ensure!(of("utf8").concat() == "Grüße 🪟> ", "{:?}", of("utf8"));
    // In one piece or in two, as they came through the pipe.
    let utf16 = of("utf16").join("\r\n");
    ensure!(utf16 == "Grüße\r\n漢字", "{utf16:?}");
    ensure!(of("input") == ["read Ok(0)"], "{:?}", of("input"));
    let control = of("control").concat();
    ensure!(control.contains("\u{1b}[31m@nix {}"), "{control:?}");
    ensure!(
        went.bytes.is_ascii(),
        "there is more than ASCII on the line"
    );
    ensure!(
        !went.bytes.contains(&0x1b),
        "control characters are on the line"
    );
    let page = of("page").concat();
    ensure!(
        page.starts_with("caf") && page.chars().count() == 4,
        "{page:?}"
    );
    let flood: usize = of("flood").iter().map(|text| text.len()).sum();
    ensure!(
        (100 << 10..=129 << 10).contains(&flood),
        "{flood} bytes were told"
    );
    let last = of("flood").last().copied().unwrap_or_default();
    ensure!(last == "(it wrote more, which is left out)", "{last}");
    let mut both = of("both");
    both.sort_unstable();
    ensure!(
        both == ["this goes to stderr", "this goes to stdout"],
        "{both:?}"
    );
    Ok(Outcome::Passed)
}

fn script(kind: &str, script: &str, arguments: &[&str], success: &[i64]) -> Value {
    json!({ kind: {
        "script": script,
        "arguments": arguments,
        "exitCodes": { "success": success, "reboot": [3010] },
    } })
}

fn scripts(context: &Context) -> Result<Outcome> {
    let machine = Machine::new(context, &document(&[]))?;
    let text = "@echo off\r\necho %~1\r\nC:\\probe.exe dump C:\\dump %*\r\nexit /b 5\r\n";
    machine.write("windows/Lucarne/payload/a b/script.cmd", text)?;
    let arguments = ["one", "two words", "a&b", "100%", ""];
    let mut env = program(PROBE, &["dump", r"C:\dump"]);
    env["program"]["environment"] = json!({ "LUCARNE_OWN": "mine" });
    env["program"]["workingFolder"] = json!(r"C:\users\Public");
    let mut checked = step("checked", &program(PROBE, &["mark", r"C:\checked", "x"]));
    checked["check"] = json!({ "path": r"C:\checked" });
    let mut skipped = checked.clone();
    skipped["id"] = json!("skipped");
    let steps = [
        step(
            "cmd",
            &script("cmd", r"payload\a b\script.cmd", &arguments, &[5]),
        ),
        step("environment", &env),
        checked,
    ];
    let all = [&steps[..], &[skipped]].concat();
    let went = machine.build(&all, &[])?;
    went.all_done(&steps)?;
    ensure!(
        went.end_of("skipped")?["status"] == "skipped",
        "{}",
        went.told()
    );
    let dump = String::from_utf8(machine.read("dump")?)?;
    let dumps = dump
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Value>, _>>()?;
    ensure!(dumps[0]["arguments"] == json!(arguments), "{}", dumps[0]);
    for (number, argument) in (1..).zip(arguments) {
        let name = format!("LUCARNE_ARG_{number}");
        let told = dumps[0]["variables"][&name].as_str().unwrap_or_default();
        ensure!(told == argument, "{name}: {}", dumps[0]);
    }
    ensure!(
        dumps[1]["variables"]["LUCARNE_OWN"] == "mine",
        "{}",
        dumps[1]
    );
    let folder = dumps[1]["folder"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    ensure!(folder == r"c:\users\public", "{}", dumps[1]);
    refused(&machine)
}

/// By the very script that `nix/lib/seed.nix` gives each of them.
fn prompt(context: &Context) -> Result<Outcome> {
    let spec = context
        .repository
        .join("tests/cases/seed-machine/spec.json");
    let spec: Value = serde_json::from_str(&fs::read_to_string(spec)?)?;
    let steps = spec["steps"].as_array().context("the case has no steps")?;
    let mut texts = steps.iter().filter_map(|step| step["cmd"]["text"].as_str());
    let text = texts.find(|text| text.contains("LUCARNE_ARG_1"));
    let text = text.context("the case has no command line")?;
    let machine = Machine::new(context, &document(&[]))?;
    let path = "windows/Lucarne/payload/line/script.cmd";
    machine.write(path, text.replace('\n', "\r\n"))?;
    let each = r#"cmd /C FOR %i IN (c d) DO @C:\probe.exe dump C:\dump %i "a & b" x"#;
    let line = |line: &str| script("cmd", r"payload\line\script.cmd", &[line], &[7]);
    let steps = [
        step("each", &line(&format!("{each} & exit 7"))),
        step("ends", &line("exit 7")),
    ];
    let went = machine.build(&steps, &[])?;
    went.all_done(&steps)?;
    let dump = String::from_utf8(machine.read("dump")?)?;
    let dumps = dump.lines().map(serde_json::from_str);
    let dumps = dumps.collect::<Result<Vec<Value>, _>>()?;
    let got: Vec<&Value> = dumps.iter().map(|dump| &dump["arguments"]).collect();
    let wanted = [json!(["c", "a & b", "x"]), json!(["d", "a & b", "x"])];
    ensure!(got == [&wanted[0], &wanted[1]], "{got:?}");
    Ok(Outcome::Passed)
}

fn refused(machine: &Machine) -> Result<Outcome> {
    let no_package = json!({ "msi": {
        "package": r"payload\none.msi",
        "properties": { "A": "x \"y\"" },
        "exitCodes": { "success": [0], "reboot": [3010] },
    } });
    let mut blind = step_of("blind", "system", &program(PROBE, &["exit", "0"]));
    blind["check"] = json!({ "registry": { "hive": "machine", "path": r"Software\No" } });
    for (step, said) in [
        (
            step("none", &program("nobody-has-this", &[])),
            "`nobody-has-this` is not found by `PATH`",
        ),
        (
            step("gone", &program(r"C:\gone.exe", &[])),
            r"cannot start `C:\gone.exe`",
        ),
        (
            step("batch", &program(r"C:\x.bat", &[])),
            "a step `cmd` runs it",
        ),
        (step("msi", &no_package), "it ended with"),
        (blind, "it ended well, but its check does not hold"),
    ] {
        let went = machine.build(std::slice::from_ref(&step), &[run(&["cmd", "/c", "ver"])])?;
        let end = went.end_of(step["id"].as_str().unwrap_or_default())?;
        let message = end["message"].as_str().unwrap_or_default();
        ensure!(end["status"] == "failed" && message.contains(said), "{end}");
    }
    Ok(Outcome::Passed)
}
