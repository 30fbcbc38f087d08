//! From a plan and credentials to a disc, and what of it is secret.

use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use lucarne_protocol::settings::{FILE, Secret};

use super::*;
use crate::instance::plan::{Account, Certificate};
use crate::optical;
use crate::plan::{Host, HostKind, Payload as Planned};

/// A file of the host's that the script gets.
const BESIDE: &str = r"payload\mine\beside.txt";
const PASSWORD: &str = "s3cret \"of\" %PATH% 'the' $start & \\\n^|<>";

/// A folder of credentials, gone with the first of the two.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
    (folder, path)
}

fn credentials(path: &Utf8Path) -> Credentials {
    Credentials::find(Some(path), &|_| None)
}

fn script(path: &str) -> Step {
    let script = Payload(path.to_owned());
    let exit_codes = step::ExitCodes {
        success: vec![0],
        reboot: Vec::new(),
    };
    let action = Action::PowerShell(step::Script {
        script,
        arguments: vec![
            Argument::Text("a".into()),
            Argument::File(step::ArgumentFile {
                prefix: "/file:".into(),
                payload: Payload(BESIDE.into()),
            }),
        ],
        exit_codes,
    });
    step("mine", "Mine".into(), action)
}

fn guest(host: &str) -> Guest {
    let path = r"payload\mine\script.ps1";
    Guest {
        accounts: vec![Account {
            name: "Administrator".into(),
            password: Some("admin".into()),
            keys: vec!["ssh-ed25519 AAAA me".into()],
        }],
        network: Some(Interface {
            identifier: String::new(),
            addresses: vec![("192.0.2.10".parse().expect("an address"), 24)],
            gateways: vec!["192.0.2.1".parse().expect("an address")],
            dns_servers: Vec::new(),
            dns_suffix: None,
        }),
        steps: vec![script(path)],
        payloads: vec![
            Planned {
                at: "guest.scripts.0".into(),
                path: Payload(path.into()),
                contents: Contents::Text("exit 0\r\n".into()),
            },
            Planned {
                at: "guest.scripts.0".into(),
                path: Payload(BESIDE.into()),
                contents: Contents::Host(Host {
                    path: host.to_owned(),
                    kind: HostKind::Any,
                }),
            },
        ],
        ssh: true,
        rdp: true,
    }
}

fn disk() -> plan::DataDisk {
    plan::DataDisk {
        bytes: 1 << 30,
        path: None,
        letter: 'E',
        label: "Data".into(),
    }
}

/// The settings of all of it, with what the script gets beside.
fn told_with(host: &str, credentials: &Credentials) -> anyhow::Result<Settings> {
    let (disk, guest) = (disk(), guest(host));
    at_start(
        "office",
        Some(&disk),
        &guest,
        "52:54:00:12:34:56",
        credentials,
    )
}

fn told(credentials: &Credentials) -> anyhow::Result<Settings> {
    told_with(
        concat!(env!("CARGO_MANIFEST_DIR"), "/LICENSE-MIT"),
        credentials,
    )
}

#[test]
fn a_plan_and_its_credentials_are_settings() {
    let (_folder, path) = folder(&[("admin", &format!("{PASSWORD}\n"))]);
    let settings = told(&credentials(&path)).expect("settings");
    assert_eq!(settings.passwords[0].password.reveal(), PASSWORD);
    assert_eq!(
        settings.adapters[0].addresses[0].to_string(),
        "192.0.2.10/24"
    );
    assert_eq!(settings.services, ["sshd", "TermService"]);
    let ids: Vec<&str> = settings.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(
        ids,
        ["lucarne-ssh", "lucarne-rdp", "lucarne-rdp-rules", "mine"]
    );
    let Action::PowerShell(script) = &settings.steps[3].action else {
        panic!("{:?}", settings.steps[3]);
    };
    assert_eq!(script.script, File::payload("file-1.ps1"));
    let Argument::File(beside) = &script.arguments[1] else {
        panic!("{script:?}");
    };
    assert_eq!(beside.payload, File::payload("file-2.txt"));
    let license = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/LICENSE-MIT"));
    assert_eq!(
        STANDARD.decode(&settings.payloads[1].data).ok(),
        license.ok()
    );
    assert_eq!(settings.payloads[0].name, "file-1.ps1");
    assert_eq!(
        STANDARD.decode(&settings.payloads[0].data),
        Ok(b"exit 0\r\n".to_vec())
    );
    assert_eq!(settings.data_disk.map(|disk| disk.letter), Some('E'));
}

#[test]
fn nothing_is_said_of_nothing() {
    let guest = Guest::default();
    let none = Credentials::default();
    let settings = at_start("office", None, &guest, "52:54:00:12:34:56", &none);
    let nothing = Settings::new("office", Purpose::Start);
    assert_eq!(settings.expect("settings"), nothing);
}

#[test]
fn what_settings_cannot_hold_is_told() {
    let (_folder, path) = folder(&[("admin", PASSWORD)]);
    let error = told_with(path.as_str(), &credentials(&path)).expect_err("a folder");
    assert!(error.to_string().contains("is a folder"), "{error:#}");
    let long = path.join("long");
    std::fs::write(&long, vec![0; 1 + (4 << 20)]).expect("a file");
    let error = told_with(long.as_str(), &credentials(&path)).expect_err("too long");
    assert!(error.to_string().contains("cannot take"), "{error:#}");
}

#[test]
fn a_credential_that_is_missing_is_named() {
    let (_folder, path) = folder(&[]);
    let error = told(&credentials(&path)).expect_err("no settings");
    assert!(
        format!("{error:#}").contains("cannot read the credential"),
        "{error:#}"
    );
}

#[test]
fn the_disc_holds_the_settings_and_is_nobody_elses() {
    let (_folder, path) = folder(&[("admin", PASSWORD)]);
    let settings = told(&credentials(&path)).expect("settings");
    let disc = path.join("config.iso");
    // What an earlier start left, of whatever mode, is replaced.
    std::fs::write(path.join("config.iso.part"), "old").expect("a file");
    for _ in 0..2 {
        write(&settings, &disc).expect("a disc");
    }
    let mode = std::fs::metadata(&disc)
        .expect("a disc")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!path.join("config.iso.part").exists());
    let mut volume = optical::open(&disc).expect("a disc");
    let root = volume.root();
    let entries = volume.list(&root).expect("a list");
    assert_eq!(
        entries
            .iter()
            .map(|it| it.path.as_str())
            .collect::<Vec<_>>(),
        [FILE]
    );
    let bytes = volume.read(&entries[0], 1 << 20).expect("a document");
    assert_eq!(Settings::read(&bytes), Ok(settings));
}

#[test]
fn an_identity_is_told_apart_from_a_start() {
    let (_folder, path) = folder(&[("blob", "QUJD\n"), ("ca", "the bytes")]);
    let identity = Identity {
        computer_name: Some("OFFICE".into()),
        domain_join: Some("blob".into()),
        certificates: vec![Certificate {
            store: "Root".into(),
            source: Source::Credential("ca".into()),
        }],
        own_sid: true,
    };
    let settings = for_identity("office", &identity, &credentials(&path)).expect("settings");
    assert_eq!(settings.purpose, Purpose::Identity);
    assert_eq!(
        settings.domain_join.as_ref().map(Secret::reveal),
        Some("QUJD")
    );
    assert!(settings.own_sid && settings.passwords.is_empty());
    assert_eq!(settings.steps[0].id, "certificate-1");
    assert_eq!(settings.payloads[0].name, "file-1.cer");
    settings.write().expect("a document");
}

#[test]
fn what_credentials_hold_is_told_at_once_and_not_shown() {
    let long = "s3cret".repeat(50);
    let (_folder, path) = folder(&[
        ("empty", "\n"),
        ("long", &long),
        ("good", "word\n"),
        ("blob", " \n"),
        ("ca", ""),
    ]);
    let mut guest = guest("/nowhere");
    guest.accounts = ["good", "empty", "long", "none"]
        .map(|credential| Account {
            name: credential.to_owned(),
            password: Some(credential.to_owned()),
            keys: Vec::new(),
        })
        .into();
    let identity = Identity {
        computer_name: None,
        domain_join: Some("blob".into()),
        certificates: vec![Certificate {
            store: "Root".into(),
            source: Source::Credential("ca".into()),
        }],
        own_sid: false,
    };
    let look = |guest: &Guest, identity| check(guest, identity, &credentials(&path));
    let told = look(&guest, Some(&identity))
        .expect_err("no good")
        .to_string();
    let [empty, long] =
        ["empty", "long"].map(|it| format!("the credential `{it}` does not have 1"));
    for expected in [
        "5 problems in the machine's credentials\n",
        &format!("guest.accounts[1].passwordCredential: {empty} to 256 characters\n"),
        &format!("guest.accounts[2].passwordCredential: {long} to 256 characters\n"),
        "guest.accounts[3].passwordCredential: cannot read the credential `",
        "identity.domainJoin.credential: the credential `blob` is empty\n",
        "identity.certificates[0].credential: the credential `ca` is empty\n",
    ] {
        assert!(told.contains(expected), "no `{expected}`: {told}");
    }
    assert_eq!(told.matches("hint: ").count(), 5, "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    guest.accounts.truncate(1);
    look(&guest, None).expect("good");
}
