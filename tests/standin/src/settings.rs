//! `machine.json`, which a machine that runs is told by: read strictly, and apart from the
//! program that writes it and from the one that it is for.

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lucarne_protocol::step::{Phase, Step};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The one schema that is known.
const SCHEMA: &str = "lucarne.guest/1";
/// The longest document, in bytes: certificates and scripts are in it.
pub const BYTES_MAX: u64 = 16 << 20;

/// Something that is not told again: only its hash is.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// `sha256:` and the hash in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        let digest = Sha256::digest(&self.0);
        let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{}", digits.concat())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hash())
    }
}

/// What the machine is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    Start,
    Identity,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataDisk {
    pub serial: String,
    pub letter: char,
    pub label: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Password {
    pub account: String,
    pub password: Secret,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keys {
    pub account: String,
    pub keys: Vec<String>,
}

/// A file that a step needs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    pub name: String,
    /// Its bytes, in base64.
    pub data: String,
}

impl File {
    /// The bytes.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let bytes = STANDARD.decode(&self.data);
        bytes.with_context(|| format!("the file `{}` is not base64", self.name))
    }
}

/// Everything that a machine is told.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    pub schema: String,
    pub instance: String,
    pub purpose: Purpose,
    #[serde(default)]
    pub data_disk: Option<DataDisk>,
    #[serde(default)]
    pub adapters: Vec<serde_json::Value>,
    #[serde(default)]
    pub passwords: Vec<Password>,
    #[serde(default)]
    pub authorized_keys: Vec<Keys>,
    #[serde(default)]
    pub payloads: Vec<File>,
    #[serde(default)]
    pub steps: Vec<Step>,
    #[serde(default)]
    pub computer_name: Option<String>,
    #[serde(default)]
    pub domain_join: Option<Secret>,
    #[serde(default)]
    pub own_sid: bool,
    #[serde(default)]
    pub services: Vec<String>,
}

/// Reads the document.
pub fn read(bytes: &[u8]) -> Result<Settings> {
    let settings: Settings = serde_json::from_slice(bytes).context("`machine.json` is none")?;
    ensure!(
        settings.schema == SCHEMA,
        "`machine.json` is of the schema `{}`",
        settings.schema
    );
    if let Some(disk) = &settings.data_disk {
        // A and B are floppy drives, C is Windows.
        ensure!(
            ('D'..='Z').contains(&disk.letter),
            "no data disk can be `{}:`",
            disk.letter
        );
        // What NTFS holds, in UTF-16.
        let units = disk.label.encode_utf16().count();
        ensure!(units <= 32, "a label of {units} characters");
    }
    for file in &settings.payloads {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        ensure!(
            (1..=64).contains(&file.name.len())
                && !file.name.starts_with('.')
                && file.name.chars().all(fits),
            "a payload's name that is none"
        );
    }
    for step in &settings.steps {
        ensure!(
            step.phase == Phase::Boot,
            "the step `{}` is none of a start",
            step.id
        );
    }
    if let Some(name) = &settings.computer_name {
        ensure!(is_computer_name(name), "no computer can be named so");
    }
    Ok(settings)
}

/// As `NetBIOS` allows it, and not digits alone.
fn is_computer_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=15).contains(&name.len())
        && name.chars().all(fits)
        && !name.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings(more: &Value) -> Result<Settings> {
        let mut all = json!({
            "schema": "lucarne.guest/1", "instance": "office", "purpose": "start",
        });
        for (key, value) in more.as_object().expect("an object") {
            all[key] = value.clone();
        }
        read(all.to_string().as_bytes())
    }

    #[test]
    fn a_secret_is_told_by_its_hash_alone() {
        let passwords = json!([{ "account": "ada", "password": "hunter2" }]);
        let read = settings(&json!({ "passwords": passwords })).expect("settings");
        let told = serde_json::to_string(&read).expect("plain data");
        assert!(!told.contains("hunter2") && !format!("{read:?}").contains("hunter2"));
        // As `printf hunter2 | sha256sum` says.
        let hash = "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
        assert!(told.contains(&format!("sha256:{hash}")), "{told}");
    }

    #[test]
    fn what_a_machine_cannot_be_told_is_refused() {
        settings(&json!({})).expect("the least");
        let disk =
            |letter: &str| json!({ "dataDisk": { "serial": "s", "letter": letter, "label": "x" } });
        settings(&disk("D")).expect("a data disk");
        for wrong in [
            disk("C"),
            disk("d"),
            json!({ "schema": "lucarne.guest/2" }),
            json!({ "colour": "red" }),
            json!({ "purpose": "leisure" }),
            json!({ "computerName": "a b" }),
            json!({ "computerName": "1234" }),
            json!({ "computerName": "ABCDEFGHIJKLMNOP" }),
            json!({ "payloads": [{ "name": r"..\x", "data": "" }] }),
            json!({ "steps": [{
                "id": "a", "name": "A", "phase": "system", "timeoutSec": 1, "action": "reboot",
            }] }),
        ] {
            assert!(settings(&wrong).is_err(), "{wrong}");
        }
    }
}
