//! What a machine is told at its start: the plan and the credentials, as `lucarne.guest/1`, on the
//! small CD that the guest program reads.
//!
//! Everything that the plan says is rendered into steps and services here, so that the guest
//! program knows kinds of steps and nothing of machines. Secrets pass from a credential into the
//! document, and nowhere else; the CD is nobody's but this user's, and in a folder that is nobody's
//! else.

mod disc;
mod held;
#[cfg(test)]
mod tests;

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core::net::IpAddr;
use lucarne_protocol::settings::{
    Adapter, Address, AuthorizedKeys, DATA_SERIAL, DataDisk, File, Mac, Password, Purpose,
    REMOTE_DESKTOP, SSH, Settings,
};
use lucarne_protocol::step::{
    self, Action, Argument, Change, Data, Direction, Firewall, FirewallRule, Hive, Payload, Phase,
    Step, Verdict,
};

use super::credentials::Credentials;
use super::plan::{self, Guest, Identity, Source};
use crate::payload::{self, CERTIFICATE_BYTES_MAX, Source as Bytes};
use crate::plan::{Contents, Interface};
use crate::regular;

pub use disc::write;
pub use held::check;

/// How long a step of ours may take, in seconds.
const STEP_SEC: u32 = 120;
/// A file that a script gets is no longer: the settings are read as a whole at each start.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// The longest ending of a file's name that is kept.
const ENDING_MAX: usize = 8;
/// Windows' own rules for Remote Desktop, by the resource that names their group.
const REMOTE_DESKTOP_RULES: &str = "@FirewallAPI.dll,-28752";

/// What is told at a start that is for use. `mac`: the machine's card.
pub fn at_start(
    name: &str,
    data_disk: Option<&plan::DataDisk>,
    guest: &Guest,
    mac: &str,
    credentials: &Credentials,
) -> anyhow::Result<Settings> {
    let mut settings = Settings::new(name, Purpose::Start);
    settings.data_disk = data_disk.map(|disk| DataDisk {
        serial: DATA_SERIAL.to_owned(),
        letter: disk.letter,
        label: disk.label.clone(),
    });
    if let Some(network) = &guest.network {
        settings.adapters.push(adapter(network, mac)?);
    }
    for account in &guest.accounts {
        if let Some(credential) = &account.password {
            settings.passwords.push(Password {
                account: account.name.clone(),
                password: credentials.secret(credential)?,
            });
        }
        if !account.keys.is_empty() {
            settings.authorized_keys.push(AuthorizedKeys {
                account: account.name.clone(),
                keys: account.keys.clone(),
            });
        }
    }
    doors(guest, &mut settings);
    let mut files = Files::default();
    settings.steps.extend(files.of_steps(guest)?);
    settings.payloads = files.all;
    Ok(settings)
}

/// What is told while the instance's identity is made.
pub fn for_identity(
    name: &str,
    identity: &Identity,
    credentials: &Credentials,
) -> anyhow::Result<Settings> {
    let mut settings = Settings::new(name, Purpose::Identity);
    settings.computer_name.clone_from(&identity.computer_name);
    let blob = identity.domain_join.as_ref();
    settings.domain_join = blob.map(|name| credentials.secret(name)).transpose()?;
    settings.own_sid = identity.own_sid;
    let mut files = Files::default();
    for (n, it) in (1..).zip(&identity.certificates) {
        let bytes = match &it.source {
            Source::Credential(name) => credentials.bytes(name)?,
            Source::File(path) => regular::read(path, CERTIFICATE_BYTES_MAX)
                .with_context(|| format!("cannot read the certificate `{path}`"))?,
        };
        let certificate = files.add("cer", &bytes);
        let store = it.store.clone();
        let action = Action::Certificate(step::Certificate { certificate, store });
        let name = format!("Add a certificate to `{}`", it.store);
        settings
            .steps
            .push(step(&format!("certificate-{n}"), name, action));
    }
    settings.payloads = files.all;
    Ok(settings)
}

fn adapter(said: &Interface, mac: &str) -> anyhow::Result<Adapter> {
    let mac: Mac = mac.parse().map_err(|what| anyhow!("`{mac}`: {what}"))?;
    let address = |&(ip, prefix): &(IpAddr, u8)| Address { ip, prefix };
    Ok(Adapter {
        mac,
        addresses: said.addresses.iter().map(address).collect(),
        gateways: said.gateways.clone(),
        dns_servers: said.dns_servers.clone(),
        dns_suffix: said.dns_suffix.clone(),
    })
}

fn step(id: &str, name: String, action: Action) -> Step {
    Step {
        id: id.to_owned(),
        name,
        phase: Phase::Boot,
        timeout_sec: STEP_SEC,
        check: None,
        reboot: false,
        action,
    }
}

/// SSH's server, and the firewall for it.
pub(crate) fn let_ssh_in(settings: &mut Settings) {
    // The rule that comes with the server is for private networks, and a machine's first start
    // takes its network for a public one.
    let rule = FirewallRule {
        name: "Lucarne SSH".to_owned(),
        direction: Direction::Inbound,
        verdict: Verdict::Allow,
        protocol: "tcp".to_owned(),
        local_ports: vec!["22".to_owned()],
        remote_addresses: Vec::new(),
        program: None,
        profiles: Vec::new(),
    };
    let action = Action::Firewall(Firewall::Rule(rule));
    let name = "Let SSH through the firewall".to_owned();
    settings.steps.push(step("lucarne-ssh", name, action));
    settings.services.push(SSH.to_owned());
}

/// Whoever is let in, and the firewall for them.
fn doors(guest: &Guest, settings: &mut Settings) {
    if guest.ssh {
        let_ssh_in(settings);
    }
    if guest.rdp {
        let allow = Action::Registry(step::Registry {
            hive: Hive::Machine,
            path: r"SYSTEM\CurrentControlSet\Control\Terminal Server".to_owned(),
            changes: vec![Change::Set {
                name: "fDenyTSConnections".to_owned(),
                data: Data::Dword(0),
            }],
        });
        let rules = Action::Firewall(Firewall::Group {
            group: REMOTE_DESKTOP_RULES.to_owned(),
            enabled: true,
        });
        let name = "Allow Remote Desktop".to_owned();
        settings.steps.push(step("lucarne-rdp", name, allow));
        let name = "Let Remote Desktop through the firewall".to_owned();
        settings.steps.push(step("lucarne-rdp-rules", name, rules));
        settings.services.push(REMOTE_DESKTOP.to_owned());
    }
}

/// The files that steps need, under names of their own.
#[derive(Default)]
struct Files {
    all: Vec<File>,
}

impl Files {
    fn add(&mut self, ending: &str, bytes: &[u8]) -> Payload {
        let name = format!("file-{}.{ending}", self.all.len() + 1);
        let payload = File::payload(&name);
        let data = STANDARD.encode(bytes);
        self.all.push(File { name, data });
        payload
    }

    /// The plan's steps, with their files here.
    fn of_steps(&mut self, guest: &Guest) -> anyhow::Result<Vec<Step>> {
        let mut steps = guest.steps.clone();
        for step in &mut steps {
            let (Action::PowerShell(script) | Action::Cmd(script)) = &mut step.action else {
                continue;
            };
            self.take(guest, &mut script.script)?;
            for argument in &mut script.arguments {
                if let Argument::File(file) = argument {
                    self.take(guest, &mut file.payload)?;
                }
            }
        }
        Ok(steps)
    }

    /// Takes a file of the plan's over, and names it anew.
    fn take(&mut self, guest: &Guest, payload: &mut Payload) -> anyhow::Result<()> {
        let bytes = contents(guest, payload)?;
        // Windows tells a script by its ending.
        let name = payload.0.rsplit('\\').next().unwrap_or_default();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let plain = ending.len() <= ENDING_MAX && ending.bytes().all(|c| c.is_ascii_alphanumeric());
        let ending = if plain && !ending.is_empty() {
            ending
        } else {
            "bin"
        };
        *payload = self.add(ending, &bytes);
        Ok(())
    }
}

fn contents(guest: &Guest, wanted: &Payload) -> anyhow::Result<Vec<u8>> {
    let mut payloads = guest.payloads.iter();
    let found = payloads.find(|payload| payload.path == *wanted);
    let found = found.with_context(|| format!("the plan has no file `{}`", wanted.0))?;
    match &found.contents {
        Contents::Text(text) => Ok(text.clone().into_bytes()),
        Contents::Host(host) => {
            let mut listed = payload::list(host, &mut payload::budget())?;
            match listed.remove("") {
                Some(Bytes::Bytes(bytes)) => Ok(bytes),
                Some(Bytes::File(path, _)) => regular::read(&path, FILE_BYTES_MAX)
                    .with_context(|| format!("cannot take `{path}` into the machine's settings")),
                None => bail!(
                    "`{}` is a folder, and a machine's settings hold files alone\n\n\
                     hint: bring it with the image or a layer, or share it",
                    host.path
                ),
            }
        }
        Contents::VirtioWin(path) => bail!("`{path}` is on virtio-win's ISO, which no start has"),
    }
}
