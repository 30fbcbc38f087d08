//! Services and scheduled tasks: read back with `sc`, `reg` and from the disk.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::real::wine::document::{document, step};
use crate::real::wine::machine::{Machine, run};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECK: Check = Check {
    name: "wine/services",
    shows: "services are made, changed, started, stopped and removed, as `sc` and `reg` tell",
    run: services,
};

pub(super) const TASKS: Check = Check {
    name: "wine/tasks",
    shows: "scheduled tasks are made of XML that Wine's scheduler takes, and are removed",
    run: tasks,
};

const KEY: &str = r"HKLM\System\CurrentControlSet\Services";

fn service(id: &str, service: &Value) -> Value {
    step(id, &json!({ "service": service }))
}

fn agents() -> Vec<Value> {
    let new = json!({
        "program": r"C:\Program Files\An Agent\agent.exe",
        "arguments": ["--name", "of the agent"],
        "displayName": "An agent",
        "description": "Does things",
        "dependsOn": ["Spooler"],
    });
    let changed = json!({
        "program": r"C:\agent.exe",
        "displayName": "Another",
        "arguments": [],
        "dependsOn": [],
    });
    let mut other = changed.clone();
    other["arguments"] = json!(["--old"]);
    let mut third = changed.clone();
    third["displayName"] = json!("A third");
    vec![
        service(
            "new",
            &json!({
                "name": "agent",
                "create": new,
                "start": "delayed",
                "recovery": { "restartAfterMs": 500 },
            }),
        ),
        service(
            "other",
            &json!({ "name": "agent-2", "create": other, "start": "automatic" }),
        ),
        service(
            "other-changed",
            &json!({
                "name": "agent-2",
                "create": changed,
                "start": "disabled",
            }),
        ),
        service("third", &json!({ "name": "agent-3", "create": third })),
        service("third-gone", &json!({ "name": "agent-3", "delete": true })),
        service(
            "third-gone-again",
            &json!({ "name": "agent-3", "delete": true }),
        ),
        service(
            "running",
            &json!({ "name": "Spooler", "start": "automatic", "state": "running" }),
        ),
        // Editions differ in what they come with.
        service(
            "off",
            &json!({ "name": "nobody-has-this", "start": "disabled", "state": "stopped" }),
        ),
        service(
            "running-again",
            &json!({ "name": "Spooler", "state": "running" }),
        ),
    ]
}

fn services(context: &Context) -> Result<Outcome> {
    let steps = agents();
    let machine = Machine::new(context, &document(&[]))?;
    let query = |name: &str| format!(r"{KEY}\{name}");
    let keys = ["agent", "agent-2", "agent-3"].map(query);
    let reads = [
        run(&["reg", "query", &keys[0]]),
        run(&["reg", "query", &keys[1]]),
        run(&["reg", "query", &keys[2]]),
        run(&["sc", "query", "Spooler"]),
    ];
    let went = machine.build(&steps, &reads)?;
    went.all_done(&steps)?;
    for (number, said) in [
        (
            0,
            r#"ImagePath    REG_SZ    "C:\Program Files\An Agent\agent.exe" --name "of the agent""#,
        ),
        (0, "DisplayName    REG_SZ    An agent"),
        (0, "Description    REG_SZ    Does things"),
        (0, "Start    REG_DWORD    0x2"),
        (0, "DelayedAutoStart    REG_DWORD    0x1"),
        (0, "ObjectName    REG_SZ    LocalSystem"),
        (1, r#"ImagePath    REG_SZ    "C:\agent.exe""#),
        (1, "Start    REG_DWORD    0x4"),
        (3, "RUNNING"),
    ] {
        let ran = &went.ran[number];
        ensure!(
            ran.stdout.contains(said),
            "`{said}` is not in {}",
            ran.stdout
        );
    }
    ensure!(
        went.ran[2].code != 0,
        "the service is still there: {:?}",
        went.ran[2]
    );
    let stop = [service(
        "stopped",
        &json!({ "name": "Spooler", "state": "stopped" }),
    )];
    let went = machine.build(&stop, &[run(&["sc", "query", "Spooler"])])?;
    went.all_done(&stop)?;
    ensure!(went.ran[0].stdout.contains("STOPPED"), "{:?}", went.ran[0]);
    refused(&machine)
}

fn refused(machine: &Machine) -> Result<Outcome> {
    for (service, said) in [
        (
            json!({ "name": "nobody", "state": "running" }),
            "there is no service `nobody`",
        ),
        // Its program is not there.
        (
            json!({ "name": "agent", "state": "running" }),
            "cannot start the service `agent`",
        ),
    ] {
        let went = machine.build(&[step("one", &json!({ "service": service }))], &[])?;
        let end = went.end_of("one")?;
        let message = end["message"].as_str().unwrap_or_default();
        ensure!(end["status"] == "failed" && message.contains(said), "{end}");
    }
    Ok(Outcome::Passed)
}

fn task(id: &str, name: &str, task: &Value) -> Value {
    step(id, &json!({ "task": { "name": name, "task": task } }))
}

fn create(trigger: &Value, system: bool) -> Value {
    json!({ "create": {
        "program": r"C:\probe.exe",
        "arguments": ["mark", r"C:\by & task", "x y\tz\r\n"],
        "trigger": trigger,
        "system": system,
    } })
}

fn tasks(context: &Context) -> Result<Outcome> {
    let steps = [
        task(
            "startup",
            r"\Lucarne\At start",
            &create(&json!("startup"), true),
        ),
        task(
            "logon",
            r"\Lucarne\At logon",
            &create(&json!("logon"), false),
        ),
        task(
            "daily",
            r"\Lucarne\Daily",
            &create(&json!({ "daily": "03:30" }), true),
        ),
        task("often", r"\Often", &create(&json!({ "minutes": 15 }), true)),
        task("again", r"\Often", &create(&json!({ "minutes": 20 }), true)),
        task("gone", r"\Lucarne\At l*", &json!("delete")),
        task("gone-again", r"\Lucarne\At l*", &json!("delete")),
    ];
    let machine = Machine::new(context, &document(&[]))?;
    let went = machine.build(&steps, &[])?;
    went.all_done(&steps)?;
    // Wine's scheduler reads the XML and keeps its settings, but neither triggers nor programs.
    for name in ["Often", "Lucarne/At start", "Lucarne/Daily"] {
        let bytes = machine.read(&format!("windows/system32/tasks/{name}"))?;
        let xml = String::from_utf8_lossy(&bytes);
        for said in ["<ExecutionTimeLimit>PT0S<", "<Priority>5<"] {
            ensure!(xml.contains(said), "`{said}` is not in {xml}");
        }
    }
    let gone = machine.file("windows/system32/tasks/Lucarne/At logon")?;
    ensure!(!gone.exists(), "the task is still there");
    Ok(Outcome::Passed)
}
