//! The whole course of a build, and what each command does of it.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::document::{document, program, set, step, step_of};
use super::machine::{Doing, Machine, PROBE, STATE, Went, guest, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "wine/hello",
        shows: "a build goes from specialize to `done`, and a start of the image to `ready`",
        run: whole,
    },
    Check {
        name: "wine/service",
        shows: "`register` makes a service that does the steps, and starts by itself again",
        run: service,
    },
    Check {
        name: "wine/scrub",
        shows: "what must not be in an image is gone from the disk and the registry",
        run: scrub,
    },
];

/// An event in a few words.
fn word(event: &Value) -> String {
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    match text("event").as_str() {
        "hello" => format!("hello {}", event["boot"]),
        "phase" => format!("phase {}", text("phase")),
        "step" => format!(
            "{} {}/{} {}",
            text("id"),
            event["n"],
            event["of"],
            text("status")
        ),
        "output" => format!("output {}", text("step")),
        "log" => format!("log {}", text("name")),
        other => other.to_owned(),
    }
}

/// The events without those whose number is of no interest.
pub(super) fn words(went: &Went) -> Vec<String> {
    let words = went.events.iter().map(word);
    words
        .filter(|word| !word.starts_with("output") && !word.starts_with("log"))
        .collect()
}

/// A step that leaves its id in a file.
pub(super) fn mark(id: &str, phase: &str) -> Value {
    step_of(id, phase, &program(PROBE, &["mark", r"C:\marks", id]))
}

fn whole(context: &Context) -> Result<Outcome> {
    let steps = document(&[
        mark("boot", "boot"),
        mark("system", "system"),
        mark("session", "session"),
        mark("specialize", "specialize"),
        step("restart", &json!("reboot")),
        mark("last", "system"),
    ]);
    let machine = Machine::new(context, &steps)?;
    let went = machine.start(&[guest(&["specialize"])])?;
    let setup = [
        "phase specialize",
        "specialize 1/5 start",
        "specialize 1/5 ok",
    ];
    ensure!(words(&went) == setup, "{}", went.told());
    let went = machine.start(&[guest(&["run"])])?;
    let steps = [
        "hello 1",
        "phase steps",
        "session 2/5 start",
        "session 2/5 ok",
        "hello 2",
        "phase steps",
        "system 3/5 start",
        "system 3/5 ok",
        "restart 4/5 start",
        "restart 4/5 ok",
    ];
    ensure!(words(&went) == steps, "{}", went.told());
    ensure!(went.ran[0].stdout.trim() == "restart", "{:?}", went.ran[0]);
    let went = machine.start(&[guest(&["run"])])?;
    let end = [
        "hello 3",
        "phase steps",
        "last 5/5 start",
        "last 5/5 ok",
        "phase scrub",
        "phase settle",
    ];
    ensure!(words(&went) == end, "{}", went.told());
    let logs = went
        .events
        .iter()
        .filter(|event| event["name"] == "guest.log");
    ensure!(logs.count() == 1, "the program's log is not sent");
    let went = machine.start(&[guest(&["run"])])?;
    ensure!(words(&went) == ["hello 4", "done"], "{}", went.told());
    ensure!(
        went.ran[0].stdout.trim() == "power off",
        "{:?}",
        went.ran[0]
    );
    for start in 5..7 {
        let went = machine.start(&[guest(&["run"])])?;
        let hello = format!("hello {start}");
        let ready = [&hello, "boot 1/1 start", "boot 1/1 ok", "applied", "ready"];
        ensure!(words(&went) == ready, "{}", went.told());
    }
    let marks = String::from_utf8(machine.read("marks")?)?;
    let marks: Vec<&str> = marks.lines().collect();
    let all = ["specialize", "session", "system", "last", "boot", "boot"];
    ensure!(marks == all, "{marks:?}");
    numbered(&went)?;
    Ok(Outcome::Passed)
}

/// Each start's events count from 1, without a gap.
fn numbered(went: &Went) -> Result<()> {
    let mut last = 0;
    for event in &went.events {
        if event["event"] == "hello" {
            last = 0;
        }
        last += 1;
        ensure!(event["seq"] == last, "event {last} is {event}");
    }
    Ok(())
}

/// Waits in the shell until something is true.
fn until(what: &str) -> Doing<'static> {
    Doing::Shell(format!(
        "n=0; until {what} 2>/dev/null; do n=$((n + 1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done"
    ))
}

/// Waits until the program has come so far.
pub(super) fn until_stage(stage: &str) -> Doing<'static> {
    until(&format!(
        "grep -q '\"stage\": \"{stage}\"' prefix/drive_c/{STATE}"
    ))
}

const WINLOGON: &str = r"HKLM\Software\Microsoft\Windows NT\CurrentVersion\Winlogon";

fn service(context: &Context) -> Result<Outcome> {
    // What the service finds of automatic logons, before it takes them out.
    let script = json!({ "cmd": {
        "script": r"payload\look.cmd",
        "arguments": [],
        "exitCodes": { "success": [0], "reboot": [] },
    } });
    let steps = [step("one", &script), mark("two", "boot")];
    let machine = Machine::new(context, &document(&steps))?;
    let look = format!("@reg query \"{WINLOGON}\" /v AutoLogonCount >C:\\count\r\n");
    machine.write("windows/Lucarne/payload/look.cmd", look)?;
    let count = ["/v", "AutoLogonCount", "/t", "REG_DWORD", "/d", "2", "/f"];
    let key = r"HKLM\System\CurrentControlSet\Services\lucarne";
    let went = machine.start(&[
        Doing::Run([&["reg", "add", WINLOGON], &count[..]].concat()),
        guest(&["register"]),
        until_stage("settle"),
        run(&["sc", "query", "lucarne"]),
        run(&["reg", "query", key]),
    ])?;
    let [_, registered, waited, query, key] = &went.ran[..] else {
        unreachable!("five were run")
    };
    ensure!(registered.code == 0, "{registered:?}");
    ensure!(waited.code == 0, "it did nothing\n{}", went.told());
    let count = String::from_utf8(machine.read("count")?)?;
    ensure!(count.contains("REG_DWORD    0x0"), "{count}");
    ensure!(query.stdout.contains("RUNNING"), "{query:?}");
    for said in [
        "Start    REG_DWORD    0x2",
        r#"    "C:\Windows\Lucarne\lucarne-guest.exe" service"#,
        "ObjectName    REG_SZ    LocalSystem",
    ] {
        let all = &key.stdout;
        ensure!(all.contains(said), "`{said}` is not in {all}");
    }
    let told = words(&went);
    let begin = ["hello 1", "phase steps", "one 1/1 start"];
    ensure!(told[..3] == begin, "{}", went.told());
    starts_again(&machine)
}

/// From now on Windows starts it, when any program starts.
fn starts_again(machine: &Machine) -> Result<Outcome> {
    let any = || run(&["cmd", "/c", "ver"]);
    let went = machine.start(&[any(), until_stage("sealed")])?;
    ensure!(
        went.ran[1].code == 0,
        "it did not start again\n{}",
        went.told()
    );
    let went = machine.start(&[
        any(),
        until("grep -q two prefix/drive_c/marks"),
        run(&["sc", "stop", "lucarne"]),
        run(&["sc", "query", "lucarne"]),
    ])?;
    ensure!(went.ran[1].code == 0, "{}", went.told());
    ensure!(went.ran[3].stdout.contains("STOPPED"), "{:?}", went.ran[3]);
    Ok(Outcome::Passed)
}

/// Values of the machine's that must go.
fn values() -> [(&'static str, &'static str, Value); 6] {
    let winlogon = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
    let rdp = r"SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
    let remote = r"SOFTWARE\Microsoft\SystemCertificates\Remote Desktop\Certificates\AB";
    let update = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate";
    let dhcp = r"SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters";
    [
        (
            winlogon,
            "DefaultPassword",
            json!({ "string": "secret-of-the-build" }),
        ),
        (winlogon, "AutoLogonCount", json!({ "dword": 3 })),
        (rdp, "SelfSignedCertificate", json!({ "binary": "0102" })),
        (remote, "Blob", json!({ "binary": "0102" })),
        (
            update,
            "SusClientId",
            json!({ "string": "the-id-of-updates" }),
        ),
        (dhcp, "Dhcpv6DUID", json!({ "binary": "0102" })),
    ]
}

fn scrub(context: &Context) -> Result<Outcome> {
    let values = values();
    let mut steps = Vec::new();
    for (number, (path, name, data)) in values.iter().enumerate() {
        steps.push(step(
            &format!("value-{number}"),
            &set("machine", path, name, data),
        ));
    }
    let script = json!({ "cmd": {
        "script": r"payload\kept\boot.cmd",
        "arguments": ["secret-of-the-start"],
        "exitCodes": { "success": [0], "reboot": [] },
    } });
    steps.push(step_of("kept", "boot", &script));
    let machine = Machine::new(context, &document(&steps))?;
    let files = [
        "windows/Panther/unattend.xml",
        "windows/Panther/unattend-original.xml",
        "windows/system32/Sysprep/unattend.xml",
        "ProgramData/ssh/ssh_host_ed25519_key",
        "windows/Lucarne/payload/gone/big.msi",
        "windows/Lucarne/ErrorHandler.cmd",
    ];
    for file in files {
        machine.write(file, "secret-of-the-build")?;
    }
    machine.write("ProgramData/ssh/sshd_config", "stays")?;
    machine.write("windows/Lucarne/payload/kept/boot.cmd", "@exit /b 0\r\n")?;
    let mut doings = vec![guest(&["run"])];
    let keys: Vec<String> = values
        .iter()
        .map(|(path, ..)| format!(r"HKLM\{path}"))
        .collect();
    for (key, (_, name, _)) in keys.iter().zip(&values) {
        doings.push(run(&["reg", "query", key, "/v", name]));
    }
    let went = machine.start(&doings)?;
    for (ran, (_, name, _)) in went.ran[1..].iter().zip(&values) {
        ensure!(ran.code != 0, "`{name}` is still there: {}", ran.stdout);
    }
    for file in files {
        ensure!(!machine.file(file)?.exists(), "`{file}` is still there");
    }
    machine.read("ProgramData/ssh/sshd_config")?;
    machine.read("windows/Lucarne/payload/kept/boot.cmd")?;
    let left = String::from_utf8(machine.read("windows/Lucarne/steps.json")?)?;
    ensure!(!left.contains("secret-of-the-build"), "{left}");
    ensure!(left.contains("secret-of-the-start"), "{left}");
    told(&machine)?;
    // Its step of the start has all that it needs.
    machine.start(&[guest(&["run"])])?;
    let went = machine.start(&[guest(&["run"])])?;
    ensure!(went.end_of("kept")?["status"] == "ok", "{}", went.told());
    Ok(Outcome::Passed)
}

/// Each thing that is taken out is a line of the state.
fn told(machine: &Machine) -> Result<()> {
    let state = machine.state()?;
    let lines = state["scrubbed"]
        .as_array()
        .context("nothing was scrubbed")?;
    let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    for (what, count) in [
        ("copies of the answer file", 3),
        ("the build's automatic logon", 2),
        ("Remote Desktop's certificate", 2),
        ("SSH host keys", 1),
        ("DHCP ids", 1),
        ("Windows Update's ids", 1),
    ] {
        let line = format!("{what}: {count} removed");
        ensure!(
            lines.contains(&line.as_str()),
            "`{line}` is not in {lines:#?}"
        );
    }
    Ok(())
}
