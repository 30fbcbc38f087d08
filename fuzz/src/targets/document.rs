//! Documents: the spec, the manifest, Nix's structured attributes.

use std::collections::BTreeSet;

use lucarne::answer;
use lucarne::builder;
use lucarne::machine::{self, Machine, Medium};
use lucarne::manifest::Manifest;
use lucarne::plan::{self, Facts, Plan};
use lucarne::spec;
use lucarne::virtio_win::VirtioWin;
use lucarne::windows_iso::{Image, WindowsIso};

/// A spec, planned without its ISOs and with them, up to the answer file and QEMU's arguments.
pub(crate) fn spec(data: &[u8]) {
    layer(data);
    let shaped = match spec::shape(data) {
        Ok(shaped) => shaped,
        Err(problems) => {
            assert!(!problems.0.is_empty(), "no problem, and no spec");
            return drop(problems.to_string());
        }
    };
    let (windows, virtio_win) = (windows(), virtio_win());
    let known = Facts {
        windows: Some(&windows),
        virtio_win: Some(&virtio_win),
        ..Facts::default()
    };
    for facts in [Facts::default(), known] {
        match plan::check(&shaped, &facts) {
            Ok(plan) => follow(&plan),
            Err(problems) => drop(problems.to_string()),
        }
    }
}

/// The same document as a layer's spec.
fn layer(data: &[u8]) {
    let planned = spec::shape_layer(data).and_then(|shaped| plan::layer(&shaped));
    match planned {
        Ok(plan) => drop(plan.to_json()),
        Err(problems) => assert!(!problems.0.is_empty(), "no problem, and no layer"),
    }
}

/// Settings that no option has, against Microsoft's table: what is let through is an answer
/// file, and what is not is told, at paths inside of it, and not endlessly.
pub(crate) fn extra_components(data: &[u8]) {
    let Ok(extra) = serde_json::from_slice::<serde_json::Value>(data) else {
        return;
    };
    let spec = serde_json::json!({
        "schema": spec::SCHEMA, "name": "a", "edition": 1, "locale": {"ui": "en-US"},
        "disk": {"bus": "nvme"}, "extraComponents": extra,
    });
    let Ok(shaped) = spec::shape(spec.to_string().as_bytes()) else {
        return;
    };
    match plan::check(&shaped, &Facts::default()) {
        Ok(plan) => {
            let xml = answer::render(&plan);
            assert!(xml.ends_with("</unattend>\n"), "no whole answer file");
            // Text is escaped, so that none of it can open or close an element.
            let (open, closed) = ("<component ", "</component>");
            assert_eq!(xml.matches(open).count(), xml.matches(closed).count());
        }
        Err(problems) => {
            assert!(problems.0.len() < 1000, "{} problems", problems.0.len());
            let outside = problems
                .0
                .iter()
                .find(|p| !p.at.starts_with("extraComponents"));
            assert_eq!(outside, None);
        }
    }
}

fn follow(plan: &Plan) {
    let xml = answer::render(plan);
    assert!(xml.starts_with("<?xml"), "no answer file");
    _ = plan.to_json();
    let cds = [Medium::qcow2("windows.qcow2"), Medium::raw("answer.iso")];
    let facts = machine::Facts {
        version: (10, 0, 2),
        enlightenments: BTreeSet::new(),
    };
    let machine = Machine::install(plan, machine::Accel::Tcg, &facts, cds);
    for argument in machine::args(&machine) {
        assert!(!argument.contains(['\0', '\n']), "{argument:?}");
    }
}

/// A manifest: what is read can be written and read again.
pub(crate) fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(manifest) = Manifest::parse(text) {
        let again = Manifest::parse(&manifest.to_json()).expect("what was written");
        assert_eq!(again, manifest);
    }
}

/// The attributes of a derivation, read as each of the builder's commands does.
pub(crate) fn attributes(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        builder::read_attributes(text);
    }
}

fn windows() -> WindowsIso {
    let image = |index, name: &str| Image {
        index,
        name: name.to_owned(),
        edition_id: Some("Professional".to_owned()),
        installation_type: Some("Client".to_owned()),
        architecture: "amd64".to_owned(),
        version: (10, 0, 26100),
        languages: vec!["en-US".to_owned()],
        default_language: Some("en-US".to_owned()),
        ..Image::default()
    };
    WindowsIso {
        label: "CCCOMA_X64FRE_EN-US_DV9".to_owned(),
        install_file: "sources/install.wim".to_owned(),
        images: vec![image(1, "Windows 11 Home"), image(2, "Windows 11 Pro")],
        ..WindowsIso::default()
    }
}

fn virtio_win() -> VirtioWin {
    let drivers = ["vioscsi", "viostor", "NetKVM", "vioserial", "viorng"];
    VirtioWin {
        label: "virtio-win-0.1.285".to_owned(),
        guest_agent: Some("guest-agent/qemu-ga-x86_64.msi".to_owned()),
        folders: drivers
            .into_iter()
            .map(|driver| format!("{driver}/w11/amd64"))
            .collect(),
    }
}
