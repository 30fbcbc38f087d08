//! A manifest writes, reads back equal, and refuses what it does not know.

use super::*;

fn partition() -> Partition {
    Partition {
        number: 1,
        role: Role::Efi,
        offset_bytes: 1 << 20,
        size_bytes: 1 << 28,
        file_system: Some("fat32".into()),
    }
}

pub(crate) fn example() -> Manifest {
    let input = |label: &str| Input {
        label: label.into(),
        sha256: "00".repeat(32),
    };
    Manifest {
        schema: SCHEMA.into(),
        name: "demo".into(),
        windows: Windows {
            edition: "Windows 11 Pro".into(),
            edition_id: Some("Professional".into()),
            installation_type: Some("Client".into()),
            version: "10.0.26100".into(),
            build: 26100,
            architecture: "amd64".into(),
            languages: vec!["en-US".into()],
            contents: Contents {
                used_bytes: 1,
                files: 2,
                directories: 3,
            },
        },
        firmware: Firmware {
            kind: FirmwareKind::Uefi,
            secure_boot: true,
            code_sha256: Some("11".repeat(32)),
            vars_sha256: Some("22".repeat(32)),
        },
        disk: Disk {
            bus: Bus::VirtioScsi,
            virtual_bytes: 1 << 30,
            compression: ClusterCompression::Zstd,
            sha256: "33".repeat(32),
            partitions: vec![partition()],
            windows_partition: 3,
        },
        machine: Machine {
            kind: "pc-q35-10.0".into(),
            identity: "demo".into(),
            qemu_version: "10.0.2".into(),
            tpm: true,
            min_cores: 4,
            min_memory_mib: 4096,
        },
        inputs: Inputs {
            media: input("LUCARNE"),
            windows_iso: input("CCCOMA_X64FRE_EN-US_DV9"),
            virtio_win_iso: None,
            base: None,
        },
        phases: vec![Phase {
            name: "firmware".into(),
            ms: 5,
        }],
        steps: vec![Step {
            id: "a".into(),
            name: "A".into(),
            skipped: false,
            ms: 1,
        }],
        finish: finish(),
        installed_at: "2026-11-20T00:00:00Z".into(),
        sealed_at: "2026-11-20T01:00:00Z".into(),
        evaluation_ends: None,
    }
}

fn finish() -> Finish {
    Finish {
        defaults: vec!["noHibernation".into()],
        scrubbed: vec!["SSH host keys: 6 removed".into()],
        settled: "idle after 70 s".into(),
        generalized: None,
    }
}

#[test]
fn it_reads_back_equal() {
    let manifest = example();
    let json = manifest.to_json();
    assert!(json.ends_with("}\n"));
    assert_eq!(Manifest::parse(&json).expect("its own text"), manifest);
}

#[test]
fn an_unknown_field_is_refused() {
    let json = example().to_json().replace("\"tpm\"", "\"tmp\"");
    let error = Manifest::parse(&json).expect_err("tmp is unknown");
    assert!(error.to_string().contains("`tmp`"), "{error}");
}

#[test]
fn another_schema_is_said_as_such() {
    let json = example()
        .to_json()
        .replace("manifest/1", "manifest/2")
        .replace("\"tpm\"", "\"tmp\"");
    let error = Manifest::parse(&json).expect_err("another schema");
    let said = error.to_string();
    let (cause, hint) = said.split_once("\n\nhint: ").expect("a way out");
    assert_eq!(
        cause,
        "its schema is `lucarne.manifest/2`, this version reads `lucarne.manifest/1`"
    );
    assert!(hint.contains("build the image again"), "{hint}");
}

#[test]
fn a_file_that_never_ends_is_not_read() {
    let error = Manifest::read("/dev/zero".into()).expect_err("endless");
    assert!(format!("{error:#}").contains("it is a device"), "{error:#}");
    let long = tempfile::NamedTempFile::new().expect("the test may write");
    long.as_file().set_len(1 << 40).expect("a hole");
    let path = Utf8Path::from_path(long.path()).expect("UTF-8");
    let error = Manifest::read(path).expect_err("is too long");
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[test]
fn what_a_guest_says_of_its_end_is_bounded_and_escaped() {
    let mut finish = Finish::default();
    for _ in 0..1000 {
        finish.hear("scrub", &"\u{1b}[2J\n@nix ".repeat(1000));
        finish.hear("settle", "idle after 70 s");
        finish.hear("generalize", "in 90 s");
        finish.hear("other", "words");
    }
    assert_eq!(finish.generalized.as_deref(), Some("in 90 s"));
    assert_eq!(
        (finish.scrubbed.len(), finish.settled.as_str()),
        (64, "idle after 70 s")
    );
    let line = &finish.scrubbed[0];
    assert!(
        line.len() <= 300 && !line.contains(['\n', '\u{1b}']),
        "{line}"
    );
    let base = finish.clone();
    finish.extend(&Finish {
        scrubbed: vec!["more".into()],
        settled: "later".into(),
        ..Finish::default()
    });
    assert_eq!(
        (finish.scrubbed.len(), finish.settled.as_str()),
        (65, "later")
    );
    assert_eq!(finish.defaults, base.defaults);
}
