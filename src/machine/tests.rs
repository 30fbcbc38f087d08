//! Golden argument lists in `tests/machine`: one option with its value per line.

use expect_test::{ExpectFile, expect_file};

use super::*;

fn machine() -> Machine {
    Machine {
        name: "windows-11".into(),
        identity: "windows-11".into(),
        kind: TYPE.to_owned(),
        phase: Phase::Install,
        accel: Accel::Tcg,
        cpu: "max".into(),
        cores: 4,
        memory_mib: 4096,
        firmware: Firmware::Uefi { secure_boot: true },
        tpm: true,
        bus: Bus::VirtioScsi,
        disk: Medium::raw(files::DISK),
        cds: [
            Some(Medium::qcow2("windows.qcow2")),
            Some(Medium::raw("answer.iso")),
        ],
        clock: None,
        mac: mac("windows-11"),
        rewound: false,
        filling: Filling::default(),
    }
}

/// One option with its value per line.
fn lines(machine: &Machine) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for arg in args(machine) {
        match lines.last_mut() {
            Some(last) if !arg.starts_with('-') => {
                last.push(' ');
                last.push_str(&arg);
            }
            _ => lines.push(arg),
        }
    }
    lines
}

#[test]
fn the_install_machine() {
    expect_file!["../../tests/machine/install.txt"]
        .assert_eq(&(lines(&machine()).join("\n") + "\n"));
}

/// The lines that `other` has in place of the install machine's.
fn difference(other: &Machine, expected: &ExpectFile) {
    let (ours, theirs) = (lines(&machine()), lines(other));
    let gone = ours
        .iter()
        .filter(|line| !theirs.contains(line))
        .map(|line| format!("< {line}\n"));
    let new = theirs
        .iter()
        .filter(|line| !ours.contains(line))
        .map(|line| format!("> {line}\n"));
    expected.assert_eq(&gone.chain(new).collect::<String>());
}

#[test]
fn a_run_starts_the_same_devices_at_the_same_places() {
    let run = Machine {
        phase: Phase::Run,
        disk: Medium::qcow2("system.qcow2"),
        cds: [None, Some(Medium::raw("config.iso"))],
        ..machine()
    };
    difference(&run, &expect_file!["../../tests/machine/run.txt"]);
}

#[test]
fn a_layer_has_the_devices_of_its_base_and_no_cd_that_starts() {
    let layer = Machine {
        phase: Phase::Layer,
        disk: Medium::qcow2(files::OVERLAY),
        cds: [None, Some(Medium::raw("answer.iso"))],
        ..machine()
    };
    difference(&layer, &expect_file!["../../tests/machine/layer.txt"]);
}

#[test]
fn a_bios_machine_tells_what_it_boots_on_com1() {
    let bios = Machine {
        firmware: Firmware::Bios,
        tpm: false,
        ..machine()
    };
    difference(&bios, &expect_file!["../../tests/machine/bios.txt"]);
}

#[test]
fn every_bus_sits_in_the_same_place() {
    let on = |bus| Machine { bus, ..machine() };
    difference(
        &on(Bus::VirtioBlk),
        &expect_file!["../../tests/machine/virtio-blk.txt"],
    );
    difference(
        &on(Bus::Nvme),
        &expect_file!["../../tests/machine/nvme.txt"],
    );
    difference(
        &on(Bus::Sata),
        &expect_file!["../../tests/machine/sata.txt"],
    );
}

#[test]
fn kvm_a_clock_and_a_comma() {
    let other = Machine {
        accel: Accel::Kvm,
        cpu: "host,hv-relaxed=on".into(),
        clock: Some("2026-01-02T03:04:05Z".into()),
        cds: [Some(Medium::qcow2("a,b.qcow2")), None],
        ..machine()
    };
    difference(&other, &expect_file!["../../tests/machine/kvm.txt"]);
}
