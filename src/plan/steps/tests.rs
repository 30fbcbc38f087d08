//! Rules that no spec alone can break.

use serde_json::{Value, json};

use crate::plan::{Facts, Plan, Purpose, check};
use crate::spec;

fn planned(purpose: Purpose, steps: &Value) -> Result<Plan, String> {
    let spec = json!({
        "schema": spec::SCHEMA, "name": "a", "edition": 1, "locale": {"ui": "en-US"},
        "disk": {"bus": "nvme"}, "steps": steps,
    });
    let shaped = spec::shape(spec.to_string().as_bytes()).expect("an object");
    let facts = Facts {
        purpose,
        ..Facts::default()
    };
    check(&shaped, &facts).map_err(|problems| problems.to_string())
}

#[test]
fn a_layer_has_neither_sessions_nor_a_specialize_pass() {
    let steps = json!([
        {"phase": "session", "directory": {"path": r"C:\a"}},
        {"phase": "specialize", "directory": {"path": r"C:\a"}},
        {"phase": "system", "directory": {"path": r"C:\a"}},
    ]);
    planned(Purpose::Install, &steps).expect("an image may have them");
    let problems = planned(Purpose::Layer, &steps).expect_err("a layer may not");
    assert!(
        problems.contains("steps[0].phase: nobody logs on"),
        "{problems}"
    );
    assert!(
        problems.contains("steps[1].phase: a layer's Windows"),
        "{problems}"
    );
    assert!(!problems.contains("steps[2]"), "{problems}");
}

#[test]
fn passwords_reach_the_steps_and_no_plan_that_is_shown() {
    let steps = json!([{"user": {"name": "ada", "password": "Zq9-battery"}}]);
    let plan = planned(Purpose::Install, &steps).expect("a plan");
    assert!(!plan.to_json().contains("Zq9"), "{}", plan.to_json());
    let steps = serde_json::to_string(&plan.steps).expect("JSON");
    assert!(steps.contains("Zq9-battery"), "{steps}");
    let warned = plan
        .warnings
        .iter()
        .any(|w| w.at == "steps[0].user.password");
    assert!(warned, "{:?}", plan.warnings);
}

#[test]
fn one_file_of_the_host_goes_along_once() {
    let steps = json!([
        {"program": {"source": "/srv/setup.exe", "arguments": ["/a"]}},
        {"program": {"source": "/srv/setup.exe", "arguments": ["/b"]}},
        {"program": {"source": "/srv/setup.exe", "files": {"x.ini": "/srv/x.ini"}}},
    ]);
    let plan = planned(Purpose::Install, &steps).expect("a plan");
    let paths: Vec<_> = plan
        .payloads
        .iter()
        .map(|payload| payload.path.0.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            r"payload\program-1\setup.exe",
            r"payload\program-3\setup.exe",
            r"payload\program-3\x.ini",
        ]
    );
    assert!(!plan.to_json().contains("/srv"), "{}", plan.to_json());
}

/// By the last step of a start: whatever else is done there comes before anybody is let in.
#[test]
fn who_lets_somebody_in_starts_with_machines_alone() {
    let plan = |remote: Value| {
        let spec = json!({
            "schema": spec::SCHEMA, "name": "a", "edition": 1, "locale": {"ui": "en-US"},
            "disk": {"bus": "nvme"}, "remoteDesktop": remote,
            "remoteManagement": remote["enable"],
            "steps": [{"phase": "boot", "directory": {"path": r"C:\a"}}],
        });
        let shaped = spec::shape(spec.to_string().as_bytes()).expect("an object");
        let plan = check(&shaped, &Facts::default()).expect("a plan");
        let steps = serde_json::to_value(&plan.steps.steps).expect("JSON");
        let steps = steps.as_array().expect("a list").iter();
        let of_service = |step: &Value| {
            let words = [&step["phase"], &step["action"]["service"]];
            words.map(Value::to_string).join(" ")
        };
        steps.map(of_service).collect::<Vec<_>>()
    };
    assert_eq!(plan(json!({"enable": false})), [r#""boot" null"#]);
    assert_eq!(
        plan(json!({"enable": true})),
        [
            r#""system" {"name":"TermService","start":"disabled"}"#,
            r#""system" {"name":"WinRM","start":"disabled"}"#,
            r#""boot" null"#,
            r#""boot" {"name":"TermService","start":"manual","state":"running"}"#,
            r#""boot" {"name":"WinRM","start":"manual","state":"running"}"#,
        ]
    );
}

/// Too long for files of tests.
#[test]
fn texts_of_a_mebibyte_are_the_longest() {
    let long = "t".repeat((1 << 20) + 1);
    let digits = "0".repeat((1 << 20) + 2);
    let value =
        |data: Value| json!({"registry": {"key": r"HKLM\SOFTWARE\A", "values": {"A": data}}});
    for (at, step) in [
        (
            "file.text",
            json!({"file": {"path": r"C:\a", "text": long}}),
        ),
        ("powerShell.text", json!({"powerShell": {"text": long}})),
        ("registry.values.A", value(json!(long))),
        ("registry.values.A.binary", value(json!({"binary": digits}))),
    ] {
        let problems = planned(Purpose::Install, &json!([step])).expect_err("too long");
        assert!(
            problems.starts_with(&format!("steps[0].{at}: has 104857")),
            "{problems}"
        );
    }
}

/// Quoting counts: what is short as it is said may be too long for who reads it.
#[test]
fn command_lines_are_as_long_as_their_quoting_makes_them() {
    let arguments = |kind: &str, list: Value| {
        let said = match kind {
            "program" => json!({"path": "a.exe", "arguments": list}),
            _ => json!({"text": "ver", "arguments": list}),
        };
        json!([{ kind: said }])
    };
    let accepted = |steps: &Value| planned(Purpose::Install, steps).is_ok();
    for (kind, right, wrong) in [
        ("cmd", "x".repeat(8000), "x".repeat(9000)),
        ("cmd", "%".repeat(1000), "%".repeat(1500)),
        ("program", "x".repeat(31_900), "x".repeat(32_100)),
        ("program", "\"".repeat(15_900), "\"".repeat(16_100)),
        ("powerShell", "\"".repeat(15_900), "\"".repeat(16_100)),
    ] {
        assert!(accepted(&arguments(kind, json!([right]))), "{kind}");
        let problems = planned(Purpose::Install, &arguments(kind, json!([wrong])));
        let problems = problems.expect_err(kind);
        let at = format!("steps[0].{kind}.arguments: ");
        assert!(problems.starts_with(&at), "{problems}");
    }
    let properties = |length: usize| {
        let value = "x".repeat(length);
        let all: serde_json::Map<_, _> = (0..5).map(|n| (format!("P{n}"), json!(value))).collect();
        json!([{"msi": {"source": "/a.msi", "properties": all}}])
    };
    assert!(accepted(&properties(6_000)));
    let problems = planned(Purpose::Install, &properties(7_000)).expect_err("too long");
    assert!(
        problems.starts_with("steps[0].msi.properties: "),
        "{problems}"
    );
}

/// The files of a layer lie a folder further down.
#[test]
fn a_layers_command_lines_are_longer() {
    let script = r"C:\Windows\Lucarne\payload\cmd-1\script.cmd";
    let line =
        lucarne_protocol::quote::cmd_text(r"C:\Windows\System32\cmd.exe", script, &[String::new()]);
    let left = lucarne_protocol::quote::CMD_UNITS_MAX - line.len();
    let steps =
        |length: usize| json!([{"cmd": {"text": "ver", "arguments": ["x".repeat(length)]}}]);
    planned(Purpose::Install, &steps(left)).expect("it just fits");
    planned(Purpose::Install, &steps(left + 1)).expect_err("one too many");
    planned(Purpose::Layer, &steps(left)).expect_err("in a layer it does not");
    planned(Purpose::Layer, &steps(left - 9)).expect("shorter it does");
}

/// dism asks for a restart by its exit code, and the account that builds logs on again then.
#[test]
fn a_package_of_the_session_may_restart_windows() {
    let steps = json!([{"phase": "session", "msix": {"source": "/a.msix"}}]);
    let plan = planned(Purpose::Install, &steps).expect("a plan");
    assert_eq!(plan.logons(), 2);
}
