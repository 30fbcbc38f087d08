//! Scripts: ours parse, those of cmd's are what it reads, and nothing of a user's lands in one.

use std::fs;
use std::path::PathBuf;

use lucarne::media;
use lucarne::payload::Source;
use lucarne::plan::{Contents, Plan};
use lucarne::spec;
use lucarne_protocol::step::{Action, Argument};
use serde_json::json;
use tree_sitter::Parser;

use crate::cases::plan_of;
use crate::{folders, read, repository};

/// Whether `PowerShell` could read a script.
fn parses(text: &str) -> bool {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_powershell::LANGUAGE.into())
        .expect("the grammar fits the parser");
    let tree = parser.parse(text, None).expect("no limit is set");
    !tree.root_node().has_error()
}

/// The plans of all cases.
fn plans() -> Vec<Plan> {
    let cases = folders("tests/cases");
    let plans = cases.iter().map(|folder| {
        let json = read(&folder.join("spec.json"));
        plan_of(&spec::read(json.as_bytes()).expect("a case's spec is right"))
    });
    plans.collect()
}

/// The scripts of a plan that the media will carry, by their paths.
fn texts(plan: &Plan) -> impl Iterator<Item = (&str, &str)> {
    plan.payloads
        .iter()
        .filter_map(|payload| match &payload.contents {
            Contents::Text(text) => Some((payload.path.0.as_str(), text.as_str())),
            _ => None,
        })
}

/// Every file of ours with an ending, wherever it lies.
fn files_of_ours(ending: &str) -> Vec<PathBuf> {
    let mut open: Vec<_> = [
        "docs", "examples", "guest", "nix", "protocol", "src", "tests", "xtask",
    ]
    .into_iter()
    .map(repository)
    .collect();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                open.extend((!path.ends_with("target")).then_some(path));
            } else if path.extension().is_some_and(|own| own == ending) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_script_of_power_shell_parses() {
    let scripts = files_of_ours("ps1");
    let has = |name: &str| scripts.iter().any(|path| path.ends_with(name));
    assert!(has("guest/src/windows/remove_appx.ps1") && has("nix/lib/custom/static-ip.ps1"));
    for script in scripts {
        assert!(parses(&read(&script)), "{}", script.display());
    }
}

#[test]
fn every_script_of_cmd_is_ascii_and_reaches_windows_with_its_ends_of_lines() {
    let scripts = files_of_ours("cmd");
    assert!(!scripts.is_empty());
    for script in scripts {
        assert!(read(&script).is_ascii(), "{}", script.display());
    }
    let mut seen = 0;
    for plan in plans() {
        let tree = media::tree(&plan, media::Payload::default()).expect("a medium");
        for (path, source) in &tree {
            if let Source::Bytes(bytes) = source
                && path.to_ascii_lowercase().ends_with(".cmd")
            {
                seen += 1;
                assert!(bytes.is_ascii(), "{path}");
                let text = String::from_utf8_lossy(bytes).replace("\r\n", "");
                assert!(!text.contains(['\r', '\n']), "{path}: a bare end of a line");
            }
        }
    }
    assert!(seen > plans().len(), "{seen}");
}

#[test]
fn what_does_not_parse_is_seen() {
    assert!(parses(
        "param([string] $A)\nif ($A) { Write-Output \"a $A\" }\n"
    ));
    for odd in ["if ($A {", "foreach ($a in) { }", "\"open", "function { }"] {
        assert!(!parses(odd), "{odd}");
    }
}

#[test]
fn scripts_of_plans_are_what_windows_reads() {
    let (mut of_cmd, mut of_power_shell) = (0, 0);
    for plan in plans() {
        for (path, text) in texts(&plan) {
            let bare = text.replace("\r\n", "");
            assert!(!bare.contains(['\r', '\n']), "{path}: a bare end of a line");
            if path.ends_with("script.cmd") {
                of_cmd += 1;
                assert!(text.is_ascii(), "{path}");
            } else {
                of_power_shell += 1;
                let text = text
                    .strip_prefix('\u{feff}')
                    .expect("a mark that says UTF-8");
                assert!(parses(text), "{path}: {text}");
            }
        }
    }
    assert!(
        of_cmd >= 3 && of_power_shell >= 2,
        "{of_cmd} {of_power_shell}"
    );
}

/// What would act if it were pasted into a script, a command line or a document.
const HOSTILE: [&str; 9] = [
    "'; Remove-Item C:\\ -Recurse; '",
    "\"; & calc.exe; \"",
    "$(Get-Content C:\\secret)",
    "`$env:USERNAME",
    "%PATH% & del *.* | more > x ^ !y!",
    "a\\\\\" b\\",
    "line\r\nline",
    "-File other.ps1",
    "\u{202e}漢字 ü 🪟",
];

#[test]
fn arguments_reach_a_script_beside_its_text() {
    let script = "param([string] $A)\nWrite-Output $A\n";
    let steps: Vec<_> = HOSTILE
        .iter()
        .map(|text| json!({"powerShell": {"text": script, "arguments": [text]}}))
        .collect();
    let spec = json!({
        "schema": spec::SCHEMA, "name": "a", "edition": 6, "disk": {"bus": "nvme"},
        "windowsIso": "/iso/Win11_24H2_English_x64.iso", "steps": steps,
    });
    let spec = spec::read(spec.to_string().as_bytes()).expect("a right spec");
    let plan = plan_of(&spec);
    let wanted = format!("\u{feff}{}", script.replace('\n', "\r\n"));
    assert_eq!(texts(&plan).count(), HOSTILE.len());
    assert!(texts(&plan).all(|(_, text)| text == wanted));
    for (step, hostile) in plan.steps.steps.iter().zip(HOSTILE) {
        let Action::PowerShell(script) = &step.action else {
            panic!("{step:?} is another step");
        };
        assert_eq!(script.arguments, [Argument::Text(hostile.to_owned())]);
    }
}
