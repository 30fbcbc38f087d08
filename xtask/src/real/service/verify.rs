//! What systemd itself says of the units of all shapes that a machine may have.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::json;

use super::machine::Machine;
use crate::test::{Context, Outcome};

/// No evaluation, and no look at the units, takes longer.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(120);
/// What may be exposed at most, of 10; as `--threshold` has it, of 100.
const EXPOSED_MAX: &str = "15";

/// What a shape adds to another, and its word for it.
type Add = fn(&mut Machine);
type Change = (&'static str, Add);

/// One of each group: a machine has all that it has of it, or nothing.
const GROUPS: &[&[Change]] = &[
    &[
        ("kvm", |m| m.spec["machine"]["accel"] = json!("kvm")),
        ("tcg", |_| ()),
    ],
    &[
        ("user", |m| m.spec["network"] = json!({ "mode": "user" })),
        ("none", |_| ()),
        ("bridge", |m| {
            m.spec["network"] = json!({ "mode": "bridge", "bridge": "br0", "tap": "vm-a" });
        }),
    ],
    &[
        ("here", |_| ()),
        ("elsewhere", |m| {
            m.spec["dataDisk"] = json!({ "sizeGib": 1, "path": "/srv/disks of 100%/a.qcow2" });
        }),
    ],
    &[
        ("alone", |_| ()),
        ("group", |m| {
            m.given.insert("group".into(), json!("lucarne"));
        }),
    ],
    &[
        ("bare", |_| ()),
        ("devices", |m| {
            m.spec["usb"] = json!([{ "vendor": "046d", "product": "c52b" }]);
            m.spec["pci"] = json!(["0000:01:00.0"]);
            m.spec["shares"] = json!([
                { "name": "music", "path": "/srv/music" },
                { "name": "work", "path": "/run/user/1000/work", "readOnly": false },
            ]);
        }),
    ],
    &[
        ("socket", |_| ()),
        ("port", |m| {
            m.spec["display"] = json!({ "vnc": { "address": "127.0.0.1", "port": 5900 } });
        }),
    ],
    &[
        ("quiet", |_| ()),
        ("secrets", |m| {
            m.given.insert(
                "credentials".into(),
                json!({ "ada": "/etc/secrets/ada 50%" }),
            );
        }),
    ],
];

/// All that can be made of one of each.
fn shapes() -> Vec<Machine> {
    let mut shapes: Vec<(String, Vec<Add>)> = vec![(String::new(), Vec::new())];
    for group in GROUPS {
        let all = shapes.iter().flat_map(|(name, changes)| {
            group.iter().map(move |(word, change)| {
                let more = changes.iter().copied().chain([*change]).collect();
                (format!("{name}-{word}"), more)
            })
        });
        shapes = all.collect();
    }
    let machine = |(name, changes): (String, Vec<Add>)| {
        let mut machine = Machine::new(name.trim_start_matches('-'));
        machine.spec["name"] = json!("a");
        for change in changes {
            change(&mut machine);
        }
        machine
    };
    shapes.into_iter().map(machine).collect()
}

pub(super) fn verify(context: &Context) -> Result<Outcome> {
    let shapes = shapes();
    let texts = Machine::texts(context, &shapes, LIMIT)?;
    ensure!(
        texts.len() == shapes.len() && texts.len() > 100,
        "{}",
        texts.len()
    );
    let folder = context.folder.join("units");
    fs::create_dir(&folder)?;
    let mut files = Vec::new();
    // Many are alike.
    let mut seen = std::collections::BTreeSet::new();
    for (shape, text) in shapes.iter().zip(&texts) {
        if seen.insert(text) {
            let file = folder.join(shape.unit());
            // The program is no part of the tool root.
            let text = text.replace("/usr/local/bin/lucarne", "/usr/bin/true");
            fs::write(&file, text)?;
            files.push(file.into_string());
        }
    }
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let words = ["systemd-analyze", "verify", "--man=no"];
    let ran = context.inside(LIMIT, &[&words[..], &files].concat())?;
    let said = format!("{}{}", ran.stdout, ran.stderr);
    ensure!(
        ran.code == 0 && said.is_empty(),
        "of {} units: {said}",
        files.len()
    );

    let worst = exposed(context, &files, EXPOSED_MAX)?;
    println!(
        "        service/verify: {} units of {} shapes, the most exposed one {worst}",
        files.len(),
        shapes.len()
    );
    Ok(Outcome::Passed)
}

/// How exposed the worst is, where none is more than `most`.
pub(super) fn exposed(context: &Context, files: &[&str], most: &str) -> Result<f64> {
    let threshold = format!("--threshold={most}");
    let words = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
        &threshold,
    ];
    let ran = context.inside(LIMIT, &[&words[..], files].concat())?;
    let lines = ran
        .stdout
        .lines()
        .filter_map(|line| line.split_once("Overall exposure level for "));
    let levels =
        lines.filter_map(|(_, rest)| rest.split_once(": ")?.1.split(' ').next()?.parse().ok());
    let levels: Vec<f64> = levels.collect();
    ensure!(
        levels.len() == files.len(),
        "{} were judged: {}",
        levels.len(),
        ran.stderr
    );
    ensure!(ran.code == 0, "some are too exposed: {levels:?}");
    Ok(levels.into_iter().fold(0.0, f64::max))
}
