//! Files and folders that come with the media, and which steps name them.

use serde::{Deserialize, Serialize};

use super::{Action, Argument, Check, FOLDER, Location, Script, Source, Step};

/// A file or folder that came with the media: its path below [`FOLDER`], with `\`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payload(pub String);

impl Payload {
    /// Where it lies on C:.
    #[must_use]
    pub fn path(&self) -> String {
        format!(r"{FOLDER}\{}", self.0)
    }
}

impl Step {
    /// Everything of the media's that the step names.
    #[must_use]
    pub fn payloads(&self) -> Vec<Payload> {
        let mut found = Vec::new();
        let each = &mut |payload: &mut Payload| found.push(payload.clone());
        self.clone().for_each_payload(each);
        found
    }

    /// Hands out everything of the media's that the step names, to be changed.
    pub fn for_each_payload(&mut self, each: &mut impl FnMut(&mut Payload)) {
        if let Some(Check::PowerShell(script)) = &mut self.check {
            of_script(script, each);
        }
        match &mut self.action {
            Action::File(file) => {
                if let Source::Payload(payload) = &mut file.source {
                    each(payload);
                }
            }
            Action::Program(program) => {
                if let Location::Payload(payload) = &mut program.program {
                    each(payload);
                }
                of_arguments(&mut program.arguments, each);
            }
            Action::Msi(msi) => each(&mut msi.package),
            Action::Msix(msix) => {
                each(&mut msix.package);
                msix.dependencies.iter_mut().for_each(&mut *each);
                msix.license.iter_mut().for_each(each);
            }
            Action::Capability(capability) => capability.source.iter_mut().for_each(each),
            Action::Driver(driver) => each(&mut driver.folder),
            Action::Certificate(certificate) => each(&mut certificate.certificate),
            Action::PowerShell(script) | Action::Cmd(script) => of_script(script, each),
            Action::Registry(_)
            | Action::Directory(_)
            | Action::Delete(_)
            | Action::Service(_)
            | Action::Task(_)
            | Action::Firewall(_)
            | Action::Feature(_)
            | Action::Appx(_)
            | Action::Environment(_)
            | Action::Power(_)
            | Action::User(_)
            | Action::Group(_)
            | Action::Share(_)
            | Action::Hosts(_)
            | Action::ComputerName(_)
            | Action::TimeZone(_)
            | Action::Reboot => {}
        }
    }
}

fn of_script(script: &mut Script, each: &mut impl FnMut(&mut Payload)) {
    each(&mut script.script);
    of_arguments(&mut script.arguments, each);
}

fn of_arguments(arguments: &mut [Argument], each: &mut impl FnMut(&mut Payload)) {
    for argument in arguments {
        if let Argument::File(file) = argument {
            each(&mut file.payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn step(action: &Value) -> Step {
        serde_json::from_value(json!({
            "id": "a", "name": "a", "phase": "system", "timeoutSec": 1, "action": action,
        }))
        .expect("a step")
    }

    fn script(name: &str) -> Value {
        json!({
            "script": name,
            "arguments": ["p", { "prefix": "/x=", "payload": format!("{name}-file") }],
            "exitCodes": { "success": [0], "reboot": [] },
        })
    }

    /// Each place where a step can name a file is here, so that none is left where it was when a
    /// layer's files move, and none that a start needs is removed.
    #[test]
    fn every_payload_of_every_action_is_found() {
        let mut program = json!({
            "program": { "payload": "p1" },
            "arguments": ["p", { "prefix": "", "payload": "p2" }],
            "environment": {},
            "exitCodes": { "success": [0], "reboot": [] },
        });
        let mut msi = json!({ "package": "m", "properties": { "A": "p" } });
        msi["exitCodes"] = program["exitCodes"].clone();
        for (action, wanted) in [
            (json!({ "program": program.clone() }), vec!["p1", "p2"]),
            (json!({ "cmd": script("c") }), vec!["c", "c-file"]),
            (json!({ "powerShell": script("s") }), vec!["s", "s-file"]),
            (
                json!({ "file": { "path": "p", "source": { "payload": "f" } } }),
                vec!["f"],
            ),
            (json!({ "msi": msi }), vec!["m"]),
            (
                json!({ "msix": { "package": "x", "dependencies": ["d", "e"], "license": "l" } }),
                vec!["x", "d", "e", "l"],
            ),
            (
                json!({ "capability": { "name": "p", "add": true, "source": "q" } }),
                vec!["q"],
            ),
            (json!({ "driver": { "folder": "i" } }), vec!["i"]),
            (
                json!({ "certificate": { "certificate": "z", "store": "Root" } }),
                vec!["z"],
            ),
        ] {
            let names = |step: &Step| -> Vec<String> {
                let payloads = step.payloads().into_iter();
                payloads.map(|payload| payload.0).collect()
            };
            let mut step = step(&action);
            assert_eq!(names(&step), wanted, "{action}");
            step.check = serde_json::from_value(json!({ "powerShell": script("k") })).ok();
            step.for_each_payload(&mut |payload| payload.0.insert(0, '+'));
            let with_check = [&["k", "k-file"], &wanted[..]].concat();
            let moved: Vec<String> = with_check.iter().map(|name| format!("+{name}")).collect();
            assert_eq!(names(&step), moved, "{action}");
        }
        program["program"] = json!({ "path": "p" });
        assert_eq!(step(&json!({ "program": program })).payloads().len(), 1);
    }

    #[test]
    fn an_argument_is_a_text_or_a_text_before_a_file() {
        let text = r#"["/S",{"prefix":"/D=","payload":"payload\\a\\b"}]"#;
        let arguments: Vec<Argument> = serde_json::from_str(text).expect("arguments");
        let texts: Vec<String> = arguments.iter().map(Argument::text).collect();
        assert_eq!(texts, ["/S", r"/D=C:\Windows\Lucarne\payload\a\b"]);
        assert_eq!(
            serde_json::to_string(&arguments).ok().as_deref(),
            Some(text)
        );
        let odd = r#"[{"prefix":"","payload":"a","more":1}]"#;
        assert!(serde_json::from_str::<Vec<Argument>>(odd).is_err());
    }
}
