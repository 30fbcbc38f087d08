//! Rules of what Windows is told. Folders, shares and scripts are steps of the kinds that an image
//! has: its rules judge them, and their problems are told at the paths that they have here.

use camino::Utf8PathBuf;
use lucarne_protocol::step::Step;
use serde::Serialize;

use super::Rules;
use super::spec::{self, Sid};
use crate::plan::{Interface, Payload, at_starts, check_computer_name, interface};
use crate::problem::{Problem, attribute, element, operand};
use crate::spec::{Shaped, Spec, step};

const ACCOUNTS_MAX: usize = 64;
const CERTIFICATES_MAX: usize = 64;
/// Of folders, of shares and of scripts each.
const STEPS_MAX: usize = 64;
const KEYS_MAX: usize = 64;
/// What `sshd` reads of a line.
const KEY_BYTES_MAX: usize = 8192;
/// The accounts database holds no longer names.
const ACCOUNT_NAME_MAX: usize = 20;
/// A store's name, which is a key of the registry.
const STORE_MAX: usize = 64;

/// What Windows is told at each start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    pub accounts: Vec<Account>,
    /// The card's addresses, where DHCP is not asked.
    pub network: Option<Interface>,
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// The files that the steps need.
    pub payloads: Vec<Payload>,
    pub ssh: bool,
    pub rdp: bool,
}

/// An account that gets a password or keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub name: String,
    /// The credential that holds its password.
    pub password: Option<String>,
    pub keys: Vec<String>,
}

/// What makes an instance itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    pub computer_name: Option<String>,
    /// The credential with the domain's blob.
    pub domain_join: Option<String>,
    pub certificates: Vec<Certificate>,
    pub own_sid: bool,
}

/// A certificate, and the computer's store that it goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    pub store: String,
    pub source: Source,
}

/// Where a text of the host's comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    Credential(String),
    File(Utf8PathBuf),
}

pub(super) fn guest(rules: &mut Rules<'_>) -> Guest {
    let said = rules.spec.guest.clone().unwrap_or_default();
    let network = said.network.as_ref().map(|said| {
        // The machine has one card, whatever it is called.
        interface(&mut rules.findings, "guest.network", String::new(), said)
    });
    let (steps, payloads) = steps(rules, &said);
    Guest {
        accounts: accounts(rules, said.accounts.as_deref().unwrap_or_default()),
        network,
        steps,
        payloads,
        ssh: said.ssh.unwrap_or_default().enable.unwrap_or(true),
        rdp: said.rdp.unwrap_or_default().enable.unwrap_or(false),
    }
}

fn accounts(rules: &mut Rules<'_>, said: &[spec::Account]) -> Vec<Account> {
    let mut found: Vec<Account> = Vec::new();
    for (said, at) in rules.elements("guest.accounts", said, ACCOUNTS_MAX) {
        let name = attribute(&at, "name");
        rules.findings.text(&name, &said.name, ACCOUNT_NAME_MAX);
        let lower = said.name.to_lowercase();
        if found.iter().any(|other| other.name.to_lowercase() == lower) {
            let what = format!("{} is there twice", operand(&said.name));
            rules.problem(&name, what, "say all of an account in one place");
        }
        if let Some(credential) = &said.password_credential {
            rules.credential(&attribute(&at, "passwordCredential"), credential);
        }
        let keys = said.authorized_keys.as_deref().unwrap_or_default();
        let keys_at = attribute(&at, "authorizedKeys");
        for (key, at) in rules.elements(&keys_at, keys, KEYS_MAX) {
            if let Some(what) = wrong_key(key) {
                rules.problem(
                    &at,
                    what,
                    "a line of `authorized_keys`, such as `ssh-ed25519 AA…`",
                );
            }
        }
        if said.password_credential.is_none() && keys.is_empty() {
            let hint = "say `passwordCredential` or `authorizedKeys`, or leave it out";
            let others = [attribute(&at, "passwordCredential"), keys_at.clone()];
            let problem = Problem::new(&at, "says nothing").hint(hint);
            rules
                .findings
                .problem_of(&others.each_ref().map(String::as_str), problem);
        }
        found.push(Account {
            name: said.name.clone(),
            password: said.password_credential.clone(),
            keys: keys.to_vec(),
        });
    }
    found
}

/// What is wrong with a line of `authorized_keys`.
fn wrong_key(key: &str) -> Option<String> {
    if key.len() > KEY_BYTES_MAX {
        return Some(format!(
            "has {} bytes, more than {KEY_BYTES_MAX}",
            key.len()
        ));
    }
    if key.contains("PRIVATE KEY") {
        return Some("is a private key".to_owned());
    }
    let blank = key.trim().is_empty() || key.trim_start().starts_with('#');
    let line = !key.chars().any(char::is_control) && key.is_ascii() && key.trim().contains(' ');
    (blank || !line).then(|| format!("{} is no public key", operand(key)))
}

/// The steps of each start, as an image's rules judge them.
fn steps(rules: &mut Rules<'_>, said: &spec::Guest) -> (Vec<Step>, Vec<Payload>) {
    let mut spec = Vec::new();
    let mut places = Vec::new();
    let mut add = |path: String, field: &'static str, step: step::Step| {
        places.push((path, field));
        spec.push(step::Step {
            phase: Some(step::Phase::Boot),
            ..step
        });
    };
    let folders = said.folders.as_deref().unwrap_or_default();
    for (path, at) in rules.elements("guest.folders", folders, STEPS_MAX) {
        let directory = step::Directory {
            path: path.clone(),
            ..step::Directory::default()
        };
        let directory = Some(directory);
        add(
            at,
            "directory.path",
            step::Step {
                directory,
                ..step::Step::default()
            },
        );
    }
    let shares = said.smb_shares.as_deref().unwrap_or_default();
    for (share, at) in rules.elements("guest.smbShares", shares, STEPS_MAX) {
        let share = Some(share.clone());
        add(
            at,
            "share",
            step::Step {
                share,
                ..step::Step::default()
            },
        );
    }
    let scripts = said.scripts.as_deref().unwrap_or_default();
    for (script, at) in rules.elements("guest.scripts", scripts, STEPS_MAX) {
        if script_only(rules, &at, script) {
            add(at, "", script.clone());
        }
    }
    judge(rules, spec, &places)
}

/// Whether a step is a script. What is none belongs into the image.
fn script_only(rules: &mut Rules<'_>, at: &str, said: &step::Step) -> bool {
    let blank = step::Step {
        id: said.id.clone(),
        name: said.name.clone(),
        phase: said.phase,
        timeout_sec: said.timeout_sec,
        power_shell: said.power_shell.clone(),
        cmd: said.cmd.clone(),
        ..step::Step::default()
    };
    let script = said.power_shell.is_some() || said.cmd.is_some();
    for (kind, said) in [("powerShell", &said.power_shell), ("cmd", &said.cmd)] {
        let beside = said.as_ref().is_some_and(|said| said.files.is_some());
        if beside {
            let hint = "put them into the image or onto the data disk, or name each as an argument";
            let what = "a machine's scripts have no files beside them";
            rules.problem(&attribute(at, kind), what, hint);
        }
    }
    let only = *said == blank && script;
    if !only {
        let hint = "other steps are an image's or a layer's; one with the phase `boot` is done at \
                    each start too";
        rules.problem(at, "is no step with `powerShell` or `cmd` alone", hint);
    }
    if said.phase.is_some_and(|phase| phase != step::Phase::Boot) {
        let what = "a machine's scripts run at its starts";
        rules.problem(&attribute(at, "phase"), what, "leave it out");
    }
    only
}

/// Steps with their places in the machine's spec, judged.
fn judge(
    rules: &mut Rules<'_>,
    steps: Vec<step::Step>,
    places: &[(String, &str)],
) -> (Vec<Step>, Vec<Payload>) {
    if steps.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let shaped = Shaped {
        spec: Spec {
            schema: crate::spec::SCHEMA.to_owned(),
            name: "machine".to_owned(),
            steps: Some(steps),
            ..Spec::default()
        },
        problems: Vec::new(),
    };
    match at_starts(&shaped) {
        Ok(planned) => planned,
        Err(problems) => {
            for problem in problems.0 {
                let at = here(&problem.at, places);
                rules.findings.problem(Problem { at, ..problem });
            }
            (Vec::new(), Vec::new())
        }
    }
}

/// The path in the machine's spec of a path in the list of steps.
fn here(at: &str, places: &[(String, &str)]) -> String {
    let is_of = |index: usize| at.strip_prefix(&element("steps", index));
    let found = places.iter().enumerate();
    let found = found.filter_map(|(index, place)| Some((place, is_of(index)?)));
    let mut found = found.filter(|(_, rest)| rest.is_empty() || rest.starts_with('.'));
    let Some(((path, field), rest)) = found.next() else {
        return "guest.scripts".to_owned();
    };
    let rest = rest.trim_start_matches('.');
    let inner = rest
        .strip_prefix(field)
        .unwrap_or(rest)
        .trim_start_matches('.');
    if inner.is_empty() {
        path.clone()
    } else {
        format!("{path}.{inner}")
    }
}

pub(super) fn identity(rules: &mut Rules<'_>) -> Option<Identity> {
    let said = rules.spec.identity.clone()?;
    let computer_name = said.computer_name;
    if let Some(name) = &computer_name {
        check_computer_name(&mut rules.findings, "identity.computerName", name);
    }
    let domain_join = said.domain_join.map(|join| join.credential);
    if let Some(credential) = &domain_join {
        rules.credential("identity.domainJoin.credential", credential);
    }
    let certificates = certificates(rules, said.certificates.as_deref().unwrap_or_default());
    let own_sid = said.sid == Some(Sid::Own);
    if own_sid {
        let what = "Sysprep runs Windows' first start anew, which takes minutes, and fails where \
                    an app was installed for one user alone";
        rules.warn(
            "identity.sid",
            what,
            "`shared` is right where no domain is joined",
        );
    }
    let says_nothing = computer_name.is_none() && domain_join.is_none() && certificates.is_empty();
    // An identity that is the image's own needs no start of its own.
    (!says_nothing || own_sid).then_some(Identity {
        computer_name,
        domain_join,
        certificates,
        own_sid,
    })
}

fn certificates(rules: &mut Rules<'_>, said: &[spec::Certificate]) -> Vec<Certificate> {
    let mut found = Vec::new();
    for (said, at) in rules.elements("identity.certificates", said, CERTIFICATES_MAX) {
        let store = attribute(&at, "store");
        rules.findings.text(&store, &said.store, STORE_MAX);
        if said.store.contains(['\\', '/']) {
            let hint = "such as `Root` or `My`";
            rules.problem(&store, "is no name of a store", hint);
        }
        let source = match (&said.credential, &said.file) {
            (Some(name), None) => {
                rules.credential(&attribute(&at, "credential"), name);
                Source::Credential(name.clone())
            }
            (None, Some(path)) => {
                rules.absolute(&attribute(&at, "file"), path);
                Source::File(path.into())
            }
            (one, _) => {
                let both = if one.is_some() { "both" } else { "neither" };
                let what = format!("has {both} of `credential` and `file`");
                let others = ["credential", "file"].map(|field| attribute(&at, field));
                let problem = Problem::new(&at, what).hint("one of them holds the certificate");
                rules
                    .findings
                    .problem_of(&others.each_ref().map(String::as_str), problem);
                continue;
            }
        };
        found.push(Certificate {
            store: said.store.clone(),
            source,
        });
    }
    found
}
