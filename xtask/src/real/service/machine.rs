//! A machine as a unit of a check's own host: its spec, its unit as `nix/` makes it, its console.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8PathBuf;
use serde_json::{Map, Value, json};

use super::system::System;
use crate::parts;
use crate::real::eval::evaluated;
use crate::real::run::{Console, Image, sealed};
use crate::test::Context;

/// An evaluation of one unit.
const LIMIT: Duration = Duration::from_secs(60);
/// Places inside.
pub(super) const LUCARNE: &str = "/usr/local/bin/lucarne";
const IMAGE: &str = "/srv/image";
const SPECS: &str = "/etc/lucarne";

/// What every host of these checks shows: the program and the image.
pub(super) fn binds(image: &Image) -> Result<Vec<(Utf8PathBuf, String)>> {
    Ok(vec![
        (parts::lucarne()?, LUCARNE.to_owned()),
        (image.folder.clone(), IMAGE.to_owned()),
    ])
}

/// A host with the image, and nothing else on it.
pub(super) fn host(context: &Context) -> Result<System<'_>> {
    System::boot(context, &binds(&sealed()?)?)
}

/// A machine, and how its unit is made.
pub(super) struct Machine {
    pub(super) name: String,
    /// `lucarne.machine/1`, changed as a check likes.
    pub(super) spec: Value,
    /// More arguments of the function that makes the unit: `group`, `credentials`, `target` …
    pub(super) given: Map<String, Value>,
    /// Settings that a check needs to be others; merged last, as `serviceConfig` is by NixOS.
    pub(super) settings: Map<String, Value>,
}

impl Machine {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            spec: json!({
                "schema": "lucarne.machine/1",
                "name": name,
                "image": IMAGE,
                "machine": { "accel": "tcg" },
                "network": { "mode": "none" },
            }),
            given: Map::new(),
            settings: Map::new(),
        }
    }

    pub(super) fn unit(&self) -> String {
        format!("lucarne-{}.service", self.name)
    }

    fn file(&self) -> String {
        format!("{SPECS}/{}.json", self.name)
    }

    /// What the function that makes the unit is told.
    fn told(&self) -> Value {
        let mut given = self.given.clone();
        given.insert("lucarne".to_owned(), json!(LUCARNE));
        given.insert("machine".to_owned(), self.spec.clone());
        given.insert("file".to_owned(), json!(self.file()));
        let target = given.entry("target");
        target.or_insert_with(|| json!("lucarne.target"));
        json!({ "given": given, "settings": self.settings })
    }

    /// The units of some machines, as NixOS would write them.
    pub(super) fn texts(context: &Context, all: &[Self], limit: Duration) -> Result<Vec<String>> {
        let arguments = context.folder.join("units.json");
        let told: Vec<_> = all.iter().map(Self::told).collect();
        std::fs::write(&arguments, Value::from(told).to_string())?;
        let nix = context.repository.join("nix/lib/machine/unit.nix");
        let text = context.repository.join("tests/nix/unit-text.nix");
        let expression = format!(
            "map
               (said: let unit = import {nix} said.given; in
                 import {text} (unit // {{ serviceConfig = unit.serviceConfig // said.settings; }}))
               (builtins.fromJSON (builtins.readFile {arguments}))"
        );
        let texts = evaluated(context, limit, &["--expr", &expression])?;
        serde_json::from_value(texts).context("the units are no texts")
    }

    pub(super) fn text(&self, context: &Context) -> Result<String> {
        let mut texts = Self::texts(context, std::slice::from_ref(self), LIMIT)?;
        texts.pop().context("no unit")
    }

    /// Writes its spec and its unit, and lets systemd read them.
    pub(super) fn install(&self, context: &Context, system: &System<'_>) -> Result<()> {
        system.write(&self.file(), &format!("{:#}\n", self.spec))?;
        let unit = format!("/etc/systemd/system/{}", self.unit());
        system.write(&unit, &self.text(context)?)?;
        system.systemctl(&["daemon-reload"]).map(drop)
    }

    /// Its folder of a kind: `/run`, `/var/lib`, `/var/cache`.
    pub(super) fn folder(&self, system: &System<'_>, kind: &str) -> Utf8PathBuf {
        // What a dynamic user owns lies below `private`, where the link to it leads.
        let place = system.place(&format!("{kind}/private/lucarne/{}", self.name));
        if place.exists() {
            return place;
        }
        system.place(&format!("{kind}/lucarne/{}", self.name))
    }

    pub(super) fn console(&self, system: &System<'_>) -> Result<Console> {
        Console::open(&self.folder(system, "/run").join("com2.sock"))
    }

    /// What systemd knows of it, property by property.
    pub(super) fn is(&self, system: &System<'_>, wanted: &[(&str, &str)]) -> Result<()> {
        for (property, value) in wanted {
            let found = system.show(&self.unit(), property)?;
            ensure!(
                found == *value,
                "{property} of `{}` is `{found}`, not `{value}`",
                self.name
            );
        }
        Ok(())
    }
}
