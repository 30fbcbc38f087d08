//! Lists of steps, as the plan writes them.

use serde_json::{Value, json};

/// A document of steps.
pub(super) fn document(steps: &[Value]) -> Value {
    json!({
        "schema": "lucarne.steps/1",
        "steps": steps,
        "finish": {
            "buildAccount": "lucarne",
            "lockAccounts": [],
            "idleSec": 1,
            "dataLetter": "D",
        },
    })
}

/// A step of SYSTEM's.
pub(super) fn step(id: &str, action: &Value) -> Value {
    step_of(id, "system", action)
}

/// A step of a phase.
pub(super) fn step_of(id: &str, phase: &str, action: &Value) -> Value {
    json!({
        "id": id,
        "name": format!("Step {id}"),
        "phase": phase,
        "timeoutSec": 60,
        "action": action,
    })
}

/// Runs a program with exit codes that are those of most.
pub(super) fn program(path: &str, arguments: &[&str]) -> Value {
    json!({
        "program": {
            "program": { "path": path },
            "arguments": arguments,
            "environment": {},
            "exitCodes": { "success": [0], "reboot": [3010, 1641] },
        },
    })
}

/// Writes a value of the registry.
pub(super) fn set(hive: &str, path: &str, name: &str, data: &Value) -> Value {
    json!({
        "registry": {
            "hive": hive,
            "path": path,
            "changes": [{ "set": { "name": name, "data": data } }],
        },
    })
}
