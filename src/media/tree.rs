//! What the answer ISO holds, as a value.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use lucarne_protocol::step::{GENERALIZE_FILE, Steps};
use lucarne_protocol::{Event, Kind, encode};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::answer;
use crate::driver_folder;
use crate::payload::Source;
use crate::plan::{self, Contents, Plan, Stage};
use crate::virtio_win::Files;

/// What `ErrorHandler.cmd` reports.
pub const GAVE_UP: &str = "Windows Setup gave up and ran ErrorHandler.cmd";

/// Where the drivers are that Setup loads.
const OF_SETUP: &str = "drivers-pe";
/// And those that the new Windows takes.
pub const OF_WINDOWS: &str = "drivers-windows";

/// Every file of the answer ISO by its path, with `/`.
pub type Tree = BTreeMap<String, Source>;

/// What the plan does not hold: bytes of other files.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    /// The files of each of the plan's drivers, in the plan's order.
    pub drivers: Vec<Files>,
    /// The files of each of the plan's folders of drivers, in the plan's order.
    pub own_drivers: Vec<Files>,
    /// The files of each of the plan's payloads that are no text of the spec, in the plan's order.
    pub of_steps: Vec<BTreeMap<String, Source>>,
    /// `lucarne-guest.exe`, where there is one.
    pub guest: Option<Vec<u8>>,
}

/// The answer ISO's files. Equal inputs give equal bytes.
pub fn tree(plan: &Plan, payload: Payload) -> anyhow::Result<Tree> {
    let mut tree = Tree::new();
    let mut put = |path: String, bytes: Vec<u8>| {
        tree.insert(path, Source::Bytes(bytes));
    };
    put("Autounattend.xml".into(), answer::render(plan).into_bytes());
    put("lucarne/lucarne.json".into(), marker(plan)?.into_bytes());
    put(
        "lucarne/ErrorHandler.cmd".into(),
        error_handler()?.into_bytes(),
    );
    put(
        "lucarne/steps.json".into(),
        steps(&plan.steps)?.into_bytes(),
    );
    if let Some(answers) = answer::render_copies(plan) {
        put(format!("lucarne/{GENERALIZE_FILE}"), answers.into_bytes());
    }
    if let Some(guest) = payload.guest {
        put("lucarne/lucarne-guest.exe".into(), guest);
    }
    for (driver, files) in plan.drivers.iter().zip(payload.drivers) {
        let folder = match driver.stage {
            Stage::Setup => OF_SETUP,
            Stage::Windows => OF_WINDOWS,
        };
        for (name, bytes) in files {
            put(format!("{folder}/{}/{name}", driver.name), bytes);
        }
    }
    for (index, files) in payload.own_drivers.into_iter().enumerate() {
        let folder = driver_folder::name(index);
        for (name, bytes) in files {
            put(format!("{OF_WINDOWS}/{folder}/{name}"), bytes);
        }
    }
    of_steps(&plan.payloads, payload.of_steps, &mut tree);
    Ok(tree)
}

/// The steps, as the guest program reads them.
pub(super) fn steps(steps: &Steps) -> anyhow::Result<String> {
    let json = serde_json::to_string_pretty(steps).context("cannot write the steps")?;
    Ok(json + "\n")
}

/// The files that steps need.
pub(super) fn of_steps(
    payloads: &[plan::Payload],
    hosts: Vec<BTreeMap<String, Source>>,
    tree: &mut Tree,
) {
    let mut hosts = hosts.into_iter();
    for payload in payloads {
        let path = payload.on_media();
        match &payload.contents {
            Contents::Text(text) => {
                tree.insert(path, Source::Bytes(text.clone().into_bytes()));
            }
            Contents::Host(_) | Contents::VirtioWin(_) => {
                let files = hosts.next().into_iter().flatten();
                tree.extend(files.map(|(name, source)| match name.as_str() {
                    "" => (path.clone(), source),
                    name => (format!("{path}/{name}"), source),
                }));
            }
        }
    }
}

/// What tells this medium from others: the first specialize command looks for it on every letter.
/// The files of the host's are in no hash here: the manifest holds the disc's.
fn marker(plan: &Plan) -> anyhow::Result<String> {
    let marker = json!({
        "schema": "lucarne.media/1",
        "name": plan.name,
        "planSha256": hex(&Sha256::digest(plan.to_json())),
        "stepsSha256": hex(&Sha256::digest(steps(&plan.steps)?)),
    });
    Ok(format!("{marker:#}\n"))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// Setup's own hook for a fatal error: the host learns of it at once, not at a deadline.
fn error_handler() -> anyhow::Result<String> {
    let event = encode(&Event {
        seq: 1,
        kind: Kind::Failed {
            message: GAVE_UP.into(),
        },
    });
    let script = minijinja::render!(
        include_str!("error_handler.cmd"),
        event => minijinja::Value::from_safe_string(event.trim().to_owned()),
    );
    ensure!(
        script.is_ascii() && !event.contains(['%', '&', '|', '<', '>', '^', '!']),
        "`ErrorHandler.cmd` would hold what cmd reads otherwise"
    );
    // cmd reads labels and long lines wrongly in a script with bare line feeds.
    Ok(script.replace('\n', "\r\n") + "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{self, Facts};
    use crate::spec::Spec;
    use crate::virtio_win::VirtioWin;
    use crate::windows_iso::{Image, WindowsIso};

    fn plan() -> Plan {
        let windows = WindowsIso {
            images: vec![Image {
                index: 1,
                name: "Windows 11 Pro".into(),
                architecture: "amd64".into(),
                version: (10, 0, 26100),
                languages: vec!["en-US".into()],
                default_language: Some("en-US".into()),
                ..Image::default()
            }],
            ..WindowsIso::default()
        };
        let drivers = [
            "Balloon",
            "NetKVM",
            "pvpanic",
            "viorng",
            "vioscsi",
            "vioserial",
            "viostor",
        ];
        let virtio_win = VirtioWin {
            folders: drivers.map(|name| format!("{name}/w11/amd64")).into(),
            ..VirtioWin::default()
        };
        let spec: Spec = serde_json::from_value(json!({
            "schema": "lucarne.spec/1",
            "name": "demo",
            "edition": "Windows 11 Pro",
            "windowsIso": "/win.iso",
            "virtioWinIso": "/virtio-win.iso",
            "steps": [{"cmd": {"text": "echo a", "files": {"more": "/srv"}}}],
        }))
        .expect("a spec");
        let facts = Facts {
            windows: Some(&windows),
            virtio_win: Some(&virtio_win),
            ..Facts::default()
        };
        plan::plan(&spec, &facts).expect("a plan")
    }

    fn payload(plan: &Plan) -> Payload {
        let files = |name: &str| {
            let inf = (format!("{name}.inf"), name.as_bytes().to_vec());
            Files::from([inf, (format!("{name}.sys"), b"driver".to_vec())])
        };
        Payload {
            drivers: plan
                .drivers
                .iter()
                .map(|driver| files(&driver.name))
                .collect(),
            own_drivers: vec![Files::from([("a/card.inf".to_owned(), b"own".to_vec())])],
            of_steps: vec![[("a.txt".to_owned(), Source::File("/srv/a.txt".into(), 3))].into()],
            guest: Some(b"MZ".to_vec()),
        }
    }

    #[test]
    fn a_plan_and_its_payload_become_a_tree() {
        let plan = plan();
        let tree = tree(&plan, payload(&plan)).expect("a tree");
        let bytes = |path: &str| match &tree[path] {
            Source::Bytes(bytes) => bytes.as_slice(),
            Source::File(path, _) => panic!("`{path}` is a file"),
        };
        assert_eq!(bytes("drivers-pe/vioscsi/vioscsi.inf"), b"vioscsi");
        assert_eq!(bytes("drivers-windows/own-1/a/card.inf"), b"own");
        let early = tree.keys().filter(|path| path.starts_with("drivers-pe/"));
        let mut early: Vec<_> = early.filter_map(|path| path.split('/').nth(1)).collect();
        early.dedup();
        // Few: Setup has failed over many.
        assert_eq!(early, ["NetKVM", "vioscsi", "viostor"]);
        let marker: serde_json::Value =
            serde_json::from_slice(bytes("lucarne/lucarne.json")).expect("JSON");
        assert_eq!(marker["planSha256"].as_str().map(str::len), Some(64));
        assert_eq!(bytes("Autounattend.xml"), answer::render(&plan).as_bytes());
        let steps: lucarne_protocol::step::Steps =
            serde_json::from_slice(bytes("lucarne/steps.json")).expect("steps");
        assert_eq!(steps, plan.steps);
        assert_eq!(
            bytes("lucarne/payload/cmd-1/script.cmd"),
            b"echo a\r\n",
            "as cmd reads it"
        );
        let file = Source::File("/srv/a.txt".into(), 3);
        assert_eq!(tree["lucarne/payload/cmd-1/more/a.txt"], file);
        let paths: Vec<_> = tree
            .keys()
            .map(String::as_str)
            .filter(|path| !path.starts_with("drivers-") || path.contains("vioscsi"))
            .collect();
        assert_eq!(
            paths,
            [
                "Autounattend.xml",
                "drivers-pe/vioscsi/vioscsi.inf",
                "drivers-pe/vioscsi/vioscsi.sys",
                "lucarne/ErrorHandler.cmd",
                "lucarne/lucarne-guest.exe",
                "lucarne/lucarne.json",
                "lucarne/payload/cmd-1/more/a.txt",
                "lucarne/payload/cmd-1/script.cmd",
                "lucarne/steps.json",
            ]
        );
    }

    #[test]
    fn the_marker_knows_the_plan() {
        let plan = plan();
        let mut other = plan.clone();
        other.time_zone.name = "W. Europe Standard Time".into();
        let sha = |plan: &Plan| {
            let marker: serde_json::Value =
                serde_json::from_str(&marker(plan).expect("a marker")).expect("JSON");
            marker["planSha256"].clone()
        };
        assert_ne!(sha(&plan), sha(&other));
        assert_eq!(sha(&plan), hex(&Sha256::digest(plan.to_json())));
    }

    #[test]
    fn setup_tells_the_host_that_it_gave_up() {
        let script = error_handler().expect("a script");
        let lines: Vec<&str> = script.split("\r\n").collect();
        assert!(lines.iter().all(|line| !line.contains(['\r', '\n'])));
        let at = lines
            .iter()
            .position(|line| line.starts_with(">COM1 echo @"))
            .expect("a line with the event");
        assert_eq!(lines[at - 1], ">COM1 echo.");
        assert_eq!(lines.last(), Some(&""), "the last line has an end");
        let event = lucarne_protocol::decode(lines[at]).expect("an event");
        assert!(matches!(
            event.expect("is well-formed").kind,
            Kind::Failed { .. }
        ));
    }
}
