//! An identity that is not made.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::json;

use super::instance::Instance;
use super::refused::refused;
use crate::test::{Context, Outcome};

pub(super) fn fails(context: &Context) -> Result<Outcome> {
    let mut kiosk = Instance::new(context, "kiosk")?;
    let file = kiosk.folder.join("ca.pem");
    fs::write(&file, "no certificate\n")?;
    kiosk.machine["identity"] = json!({
        "computerName": "KIOSK-1",
        "certificates": [{ "store": "Root", "file": file.as_str() }],
    });
    let says = [
        "it is no certificate in DER or PEM",
        "the machine did not get its identity: the identity was not made: `Add a certificate to \
         `Root``",
        "hint: ",
    ];
    refused(&kiosk, 3, &says)?;
    let state = kiosk.place("state", "");
    let names = state.read_dir_utf8()?;
    let mut names: Vec<String> = names
        .map(|entry| Ok(entry?.file_name().to_owned()))
        .collect::<Result<_>>()?;
    names.retain(|name| name.starts_with("identity"));
    ensure!(names.is_empty(), "of the identity there is {names:?}");
    let system = kiosk.place("cache", "disk.qcow2");
    ensure!(!system.exists(), "a machine without its identity began");
    Ok(Outcome::Passed)
}
