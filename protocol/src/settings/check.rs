//! What no settings may say, whoever wrote them. The host's plan has told the user long before.

use std::collections::HashSet;

use super::{Adapter, DataDisk, Purpose, SETTINGS_SCHEMA, Settings};
use crate::step::Phase;
use crate::{START, is_of_start};

const NAME_MAX: usize = 40;
const ADAPTERS_MAX: usize = 16;
const ADDRESSES_MAX: usize = 16;
const GATEWAYS_MAX: usize = 2;
const SERVERS_MAX: usize = 8;
const SUFFIX_MAX: usize = 253;
const ACCOUNTS_MAX: usize = 256;
/// The longest name of an account, with a domain before it.
const ACCOUNT_MAX: usize = 256;
/// `PWLEN` of Windows' `lmcons.h`.
const PASSWORD_UNITS_MAX: usize = 256;
const KEYS_MAX: usize = 256;
const KEY_MAX: usize = 16 << 10;
const STEPS_MAX: usize = 512;
const PAYLOADS_MAX: usize = 512;
const PAYLOAD_NAME_MAX: usize = 64;
const SERVICES_MAX: usize = 16;
const SERIAL_MAX: usize = 20;
/// NTFS has 32 UTF-16 units for it.
const LABEL_UNITS_MAX: usize = 32;
const COMPUTER_NAME_MAX: usize = 15;

/// A place and what is wrong there; never the value.
type Checked = Result<(), String>;

fn that(holds: bool, at: &str, what: &str) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(format!("`{at}` {what}"))
    }
}

fn at_most(count: usize, most: usize, at: &str) -> Checked {
    that(count <= most, at, &format!("has more than {most} elements"))
}

/// One line of text, and something of it.
fn line(text: &str, most: usize, at: &str) -> Checked {
    let fits = !text.is_empty() && text.len() <= most && !text.contains(char::is_control);
    that(fits, at, &format!("is no line of 1 to {most} bytes"))
}

fn word(text: &str, most: usize, other: &str, at: &str) -> Checked {
    let fits = (1..=most).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || other.contains(c));
    let what = format!("is not of 1 to {most} letters, digits and `{other}`");
    that(fits, at, &what)
}

/// What is wrong with a password, which is not shown.
#[must_use]
pub fn wrong_password(text: &str) -> Option<String> {
    // Windows reads up to the zero, and would take the rest for nothing.
    if text.contains('\0') {
        return Some("holds a zero".to_owned());
    }
    let units = text.encode_utf16().take(PASSWORD_UNITS_MAX + 1).count();
    let fits = (1..=PASSWORD_UNITS_MAX).contains(&units);
    (!fits).then(|| format!("does not have 1 to {PASSWORD_UNITS_MAX} characters"))
}

impl Settings {
    /// Everything that the guest program takes for granted.
    pub(super) fn check(&self) -> Checked {
        let known = self.schema == SETTINGS_SCHEMA;
        that(known, "schema", &format!("is not `{SETTINGS_SCHEMA}`"))?;
        word(&self.instance, NAME_MAX, "-", "instance")?;
        self.data_disk.as_ref().map_or(Ok(()), data_disk)?;
        self.adapters()?;
        self.accounts()?;
        self.work()?;
        self.identity()
    }

    fn adapters(&self) -> Checked {
        at_most(self.adapters.len(), ADAPTERS_MAX, "adapters")?;
        let mut seen = HashSet::new();
        for (n, it) in self.adapters.iter().enumerate() {
            let at = format!("adapters[{n}]");
            that(seen.insert(it.mac), &at, "is there twice")?;
            adapter(it, &at)?;
        }
        Ok(())
    }

    fn accounts(&self) -> Checked {
        at_most(self.passwords.len(), ACCOUNTS_MAX, "passwords")?;
        for (n, it) in self.passwords.iter().enumerate() {
            line(&it.account, ACCOUNT_MAX, &format!("passwords[{n}].account"))?;
            let at = format!("passwords[{n}].password");
            let text = it.password.reveal();
            wrong_password(text).map_or(Ok(()), |what| that(false, &at, &what))?;
        }
        at_most(self.authorized_keys.len(), ACCOUNTS_MAX, "authorizedKeys")?;
        for (n, it) in self.authorized_keys.iter().enumerate() {
            let at = format!("authorizedKeys[{n}]");
            line(&it.account, ACCOUNT_MAX, &format!("{at}.account"))?;
            at_most(it.keys.len(), KEYS_MAX, &format!("{at}.keys"))?;
            for (key, text) in it.keys.iter().enumerate() {
                line(text, KEY_MAX, &format!("{at}.keys[{key}]"))?;
            }
        }
        Ok(())
    }

    fn work(&self) -> Checked {
        at_most(self.payloads.len(), PAYLOADS_MAX, "payloads")?;
        let mut seen = HashSet::new();
        for (n, it) in self.payloads.iter().enumerate() {
            let at = format!("payloads[{n}].name");
            word(&it.name, PAYLOAD_NAME_MAX, "-._", &at)?;
            // `..` and what Windows drops at a name's end.
            let plain = !it.name.starts_with('.') && !it.name.ends_with('.');
            that(plain, &at, "begins or ends with a dot")?;
            that(seen.insert(it.name.to_lowercase()), &at, "is there twice")?;
        }
        at_most(self.steps.len(), STEPS_MAX, "steps")?;
        let mut seen = HashSet::new();
        for (n, it) in self.steps.iter().enumerate() {
            let at = format!("steps[{n}].id");
            word(&it.id, 64, "-._", &at)?;
            that(!is_of_start(&it.id), &at, &format!("begins with `{START}`"))?;
            that(seen.insert(&it.id), &at, "is there twice")?;
            let at = format!("steps[{n}].phase");
            that(it.phase == Phase::Boot, &at, "is not `boot`")?;
        }
        at_most(self.services.len(), SERVICES_MAX, "services")?;
        for (n, it) in self.services.iter().enumerate() {
            let at = format!("services[{n}]");
            line(it, ACCOUNT_MAX, &at)?;
            that(!it.contains(['/', '\\']), &at, "is no service's name")?;
        }
        Ok(())
    }

    fn identity(&self) -> Checked {
        let is_identity = self.purpose == Purpose::Identity;
        let only = "is for the purpose `identity`";
        for (at, said) in [
            ("computerName", self.computer_name.is_some()),
            ("domainJoin", self.domain_join.is_some()),
            ("ownSid", self.own_sid),
        ] {
            that(is_identity || !said, at, only)?;
        }
        match &self.computer_name {
            Some(name) => word(name, COMPUTER_NAME_MAX, "-", "computerName"),
            None => Ok(()),
        }
    }
}

fn data_disk(disk: &DataDisk) -> Checked {
    let serial = &disk.serial;
    word(serial, SERIAL_MAX, "-", "dataDisk.serial")?;
    let letter = ('D'..='Z').contains(&disk.letter);
    that(letter, "dataDisk.letter", "is not from D to Z")?;
    let units = disk.label.encode_utf16().take(LABEL_UNITS_MAX + 1).count();
    let fits = units <= LABEL_UNITS_MAX && !disk.label.contains(char::is_control);
    let what = format!("is no line of at most {LABEL_UNITS_MAX} characters");
    that(fits, "dataDisk.label", &what)
}

fn adapter(adapter: &Adapter, at: &str) -> Checked {
    let part = |name: &str| format!("{at}.{name}");
    at_most(adapter.addresses.len(), ADDRESSES_MAX, &part("addresses"))?;
    at_most(adapter.gateways.len(), GATEWAYS_MAX, &part("gateways"))?;
    at_most(adapter.dns_servers.len(), SERVERS_MAX, &part("dnsServers"))?;
    let mut addresses = HashSet::new();
    for it in &adapter.addresses {
        that(addresses.insert(it.ip), &part("addresses"), "has one twice")?;
    }
    for v4 in [true, false] {
        let gateways = adapter.gateways.iter().filter(|ip| ip.is_ipv4() == v4);
        let of_family = adapter.addresses.iter().any(|it| it.ip.is_ipv4() == v4);
        let count = gateways.count();
        that(count <= 1, &part("gateways"), "has two of a family")?;
        let reached = count == 0 || of_family;
        that(reached, &part("gateways"), "has one without an address")?;
    }
    match &adapter.dns_suffix {
        Some(suffix) => word(suffix, SUFFIX_MAX, "-._", &part("dnsSuffix")),
        None => Ok(()),
    }
}
