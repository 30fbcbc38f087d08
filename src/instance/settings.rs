//! What a machine is told at its start: the plan and the credentials as `lucarne.guest/1`, on a
//! small CD in the runtime folder that only its owner can read.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lucarne_protocol::settings::{
    Adapter, Address, AuthorizedKeys, DATA_SERIAL, DataDisk, FILE, File, Password, Purpose,
    Settings,
};
use lucarne_protocol::step::{Action, Certificate, Phase, Step};

use super::credentials::Credentials;
use super::folders::{CONFIG, Folders, remove};
use super::plan::{self, Plan};
use crate::media::{self, Tree};
use crate::payload::{self, Source};
use crate::plan::{Contents, Interface};

/// The services that let somebody in.
const SSH: &str = "sshd";
const RDP: &str = "TermService";
/// Where the CD is made, for its owner alone.
const FOLDER: &str = "config";
/// A certificate is told the guest for half an hour at most, as other steps.
const CERTIFICATE_SEC: u32 = 600;

/// What is told at each start; `mac`: the card's address.
pub(super) fn of_start(
    plan: &Plan,
    credentials: &Credentials,
    mac: &str,
) -> anyhow::Result<Settings> {
    let mut settings = Settings::new(&plan.name, Purpose::Start);
    settings.data_disk = plan.data_disk.as_ref().map(|disk| DataDisk {
        serial: DATA_SERIAL.into(),
        letter: disk.letter,
        label: disk.label.clone(),
    });
    if let Some(said) = &plan.guest.network {
        settings.adapters.push(adapter(said, mac)?);
    }
    let accounts = &plan.guest.accounts;
    let secrets = accounts
        .iter()
        .filter_map(|account| account.password.clone());
    let secrets = credentials.all(secrets)?;
    for account in accounts {
        let secret = (account.password.as_ref())
            .and_then(|name| secrets.iter().find(|(known, _)| known == name));
        if let Some((_, secret)) = secret {
            settings.passwords.push(Password {
                account: account.name.clone(),
                password: secret.clone(),
            });
        }
        if !account.keys.is_empty() {
            settings.authorized_keys.push(AuthorizedKeys {
                account: account.name.clone(),
                keys: account.keys.clone(),
            });
        }
    }
    (settings.steps, settings.payloads) = steps(plan)?;
    for (wanted, service) in [(plan.guest.ssh, SSH), (plan.guest.rdp, RDP)] {
        settings.services.extend(wanted.then(|| service.to_owned()));
    }
    Ok(settings)
}

/// What makes the instance itself.
pub(super) fn of_identity(
    plan: &Plan,
    identity: &plan::Identity,
    credentials: &Credentials,
) -> anyhow::Result<Settings> {
    let mut settings = Settings::new(&plan.name, Purpose::Identity);
    settings.computer_name.clone_from(&identity.computer_name);
    let join = identity.domain_join.as_ref();
    settings.domain_join = join.map(|name| credentials.text(name)).transpose()?;
    settings.own_sid = identity.own_sid;
    for (n, wanted) in (1..).zip(&identity.certificates) {
        let name = format!("{n}.cer");
        let bytes = credentials.certificate(&wanted.source)?;
        settings.payloads.push(File {
            name: name.clone(),
            data: STANDARD.encode(bytes),
        });
        settings.steps.push(Step {
            id: format!("certificate-{n}"),
            name: format!("Add a certificate to {}", wanted.store),
            phase: Phase::Boot,
            timeout_sec: CERTIFICATE_SEC,
            check: None,
            reboot: false,
            action: Action::Certificate(Certificate {
                certificate: File::payload(&name),
                store: wanted.store.clone(),
            }),
        });
    }
    Ok(settings)
}

fn adapter(said: &Interface, mac: &str) -> anyhow::Result<Adapter> {
    let addresses = said.addresses.iter();
    Ok(Adapter {
        mac: mac.parse().map_err(|what| anyhow!("{mac}: {what}"))?,
        addresses: addresses
            .map(|(ip, prefix)| Address {
                ip: *ip,
                prefix: *prefix,
            })
            .collect(),
        gateways: said.gateways.clone(),
        dns_servers: said.dns_servers.clone(),
        dns_suffix: said.dns_suffix.clone(),
    })
}

/// The steps, and their scripts under names of their own: they lie in one folder.
fn steps(plan: &Plan) -> anyhow::Result<(Vec<Step>, Vec<File>)> {
    let mut files = Vec::new();
    let mut steps = plan.guest.steps.clone();
    let mut budget = payload::budget();
    for (n, payload) in (1..).zip(&plan.guest.payloads) {
        let old = payload.path.0.rsplit('\\').next().unwrap_or_default();
        let name = format!("{n}-{old}");
        let bytes = match &payload.contents {
            Contents::Text(text) => text.clone().into_bytes(),
            Contents::Host(host) => match payload::list(host, &mut budget)?.pop_first() {
                Some((_, Source::Bytes(bytes))) => bytes,
                _ => bail!("`{}` is no script", host.path),
            },
            Contents::VirtioWin(path) => bail!("`{path}` is on no medium of a machine's"),
        };
        for step in &mut steps {
            if let Action::PowerShell(script) | Action::Cmd(script) = &mut step.action
                && script.script == payload.path
            {
                script.script = File::payload(&name);
            }
        }
        files.push(File {
            name,
            data: STANDARD.encode(bytes),
        });
    }
    Ok((steps, files))
}

/// The document, as it is on the CD.
pub(super) fn document(settings: &Settings) -> anyhow::Result<Vec<u8>> {
    let bytes = settings.write();
    let bytes = bytes.map_err(|what| anyhow!("what the machine is told: {what}"))?;
    Ok(bytes.to_vec())
}

/// Puts the CD into the runtime folder.
pub(super) fn write(folders: &Folders, document: Vec<u8>) -> anyhow::Result<()> {
    let folder = folders.runtime.join(FOLDER);
    let cannot = || format!("cannot make `{}/{CONFIG}`", folders.runtime);
    remove(&folder)?;
    DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(cannot)?;
    let part = folder.join(CONFIG);
    let tree: Tree = [(FILE.to_owned(), Source::Bytes(document))].into();
    let written = media::write(&tree, &part).and_then(|()| {
        fs::set_permissions(&part, Permissions::from_mode(0o600))?;
        fs::rename(&part, folders.runtime.join(CONFIG)).with_context(cannot)
    });
    remove(&folder)?;
    written
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::instance::spec;
    use crate::manifest::Manifest;

    fn plan() -> Plan {
        let here = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines");
        let read = |name: &str| fs::read_to_string(here.join(name)).expect("is there");
        let manifest = Manifest::parse(&read("manifest.json")).expect("a manifest");
        let shaped = spec::shape(read("full/machine.json").as_bytes()).expect("JSON");
        plan::check(&shaped, Some(&manifest)).expect("nothing is wrong with it")
    }

    #[test]
    fn a_machine_is_told_what_was_said_and_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let hostile = "a\"b'c\n$(d)%e%`f`";
        fs::write(here.join("alice.password"), format!("{hostile}\n")).expect("is writable");
        let credentials = Credentials::new(Some(here.to_owned()));
        let mac = "52:54:00:00:00:01";
        let settings = of_start(&plan(), &credentials, mac).expect("is whole");
        assert_eq!(settings.passwords[0].password.reveal(), hostile);
        assert_eq!(settings.services, ["sshd", "TermService"]);
        assert_eq!(settings.payloads[0].name, "1-script.ps1");
        let Action::PowerShell(script) = &settings.steps[2].action else {
            panic!("no script: {:?}", settings.steps[2]);
        };
        assert_eq!(script.script, File::payload("1-script.ps1"));

        let folders = Folders {
            state: here.join("s"),
            cache: here.join("c"),
            runtime: here.to_owned(),
        };
        let document = document(&settings).expect("is whole");
        write(&folders, document.clone()).expect("is writable");
        let place = here.join(CONFIG);
        let mode = fs::metadata(&place).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!here.join(FOLDER).exists());
        let mut disc = crate::optical::open(&place).expect("a disc");
        let entry = disc.find(FILE).expect("readable").expect("is there");
        let bytes = disc.read(&entry, 1 << 20).expect("readable");
        assert_eq!(bytes, document);
        assert_eq!(Settings::read(&bytes).as_ref(), Ok(&settings));
    }

    #[test]
    fn an_identity_has_its_certificates_as_steps() {
        let folder = tempfile::tempdir().expect("the test may write");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::write(here.join("domain"), "QUJD\n").expect("is writable");
        fs::write(here.join("client.pfx"), b"\xff\x00").expect("is writable");
        let credentials = Credentials::new(Some(here.to_owned()));
        let mut plan = plan();
        let mut identity = plan.identity.take().expect("it has one");
        identity.certificates.remove(0);
        let settings = of_identity(&plan, &identity, &credentials).expect("is whole");
        assert_eq!(settings.computer_name.as_deref(), Some("OFFICE"));
        assert_eq!(settings.payloads[0].data, "/wA=");
        assert_eq!(settings.steps.len(), 1);
        document(&settings).expect("the guest takes it");
    }
}
