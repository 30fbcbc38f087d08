//! What a derivation hands to its builder: Nix's structured attributes, a JSON file.
//!
//! With `__structuredAttrs` nothing else of the derivation reaches the builder: the environment
//! holds the file's name in `NIX_ATTRS_JSON_FILE`, and Nix's own variables.

use std::collections::BTreeMap;
use std::env;

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::require_file::Known;
use crate::failure::Failure;
use crate::inputs::{self, Given, Missing, Planned};
use crate::plan::LayerPlan;
use crate::regular;
use crate::spec;
use crate::tools::Tools;

/// A spec with every field is a few KiB; scripts of later steps may be in it.
const BYTES_MAX: u64 = 64 << 20;

/// The attributes by name.
#[derive(Debug)]
pub(crate) struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// Reads the file that Nix names.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let place = env::var("NIX_ATTRS_JSON_FILE").context(
            "no `NIX_ATTRS_JSON_FILE`: this program is called by Nix, for derivations with \
             `__structuredAttrs`; people use `lucarne`",
        )?;
        Self::read_from(Utf8Path::new(&place))
    }

    fn read_from(place: &Utf8Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot read `{place}`");
        let text = regular::read(place, BYTES_MAX).with_context(cannot)?;
        let text = String::from_utf8(text)
            .context("it is not UTF-8")
            .with_context(cannot)?;
        Self::parse(&text).with_context(cannot)
    }

    /// Reads the file's text.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(Self(serde_json::from_str(text)?))
    }

    /// Reads every attribute that a command asks for; no file that they name is opened.
    pub(super) fn read_all(&self) {
        _ = self.out();
        _ = self.get::<Tools>("tools");
        for name in ["base", "guest", "image", "media"] {
            _ = self.maybe::<Utf8PathBuf>(name);
        }
        for name in ["folder", "name", "outputHash", "url"] {
            _ = self.get::<String>(name);
        }
        _ = self.maybe::<Vec<Known>>("known");
        if let Ok(spec) = self.get::<Value>("spec") {
            _ = spec::shape(spec.to_string().as_bytes());
            _ = spec::shape_layer(spec.to_string().as_bytes());
        }
    }

    /// One attribute, which must be there.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        self.maybe(name)?
            .with_context(|| format!("the derivation has no attribute `{name}`"))
    }

    /// One attribute, where it is there.
    pub(super) fn maybe<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let value = self.0.get(name).map(T::deserialize).transpose();
        value.with_context(|| format!("the derivation's attribute `{name}`"))
    }

    /// The plan of the attribute `spec`. Its ISOs are inputs of the derivation, so they are there;
    /// the firmware's variables are where a machine is started.
    pub(super) fn plan(&self, tools: Option<&Tools>) -> Result<Planned, Failure> {
        let spec: Value = self.get("spec")?;
        let bytes = serde_json::to_vec(&spec).context("cannot write the spec")?;
        let given = Given {
            vars: tools.map(|tools| tools.vars_ms.as_path()),
            ..Given::default()
        };
        inputs::plan(&bytes, given, Missing::Fails)
    }

    /// The plan of the attribute `spec`, which is a layer's.
    pub(super) fn layer_plan(&self) -> Result<LayerPlan, Failure> {
        let spec: Value = self.get("spec")?;
        let bytes = serde_json::to_vec(&spec).context("cannot write the spec")?;
        inputs::plan_layer(&bytes, Missing::Fails)
    }

    /// The place of the one output, which Nix has named and nobody has made yet.
    pub(crate) fn out(&self) -> anyhow::Result<Utf8PathBuf> {
        let outputs: BTreeMap<String, Utf8PathBuf> = self.get("outputs")?;
        match outputs.into_iter().collect::<Vec<_>>().as_slice() {
            [(name, place)] if name == "out" => Ok(place.clone()),
            others => bail!(
                "the derivation must have the one output `out`, and has {}",
                others.len()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Attributes> {
        let folder = tempfile::tempdir()?;
        let place = folder.path().join("attrs.json");
        std::fs::write(&place, text)?;
        Attributes::read_from(Utf8Path::from_path(&place).context("not UTF-8")?)
    }

    #[test]
    fn gives_what_nix_wrote() {
        let attributes =
            read(r#"{"builder":"b","outputs":{"out":"/nix/store/x-image"},"spec":{"name":"a"}}"#)
                .expect("is well-formed");
        assert_eq!(attributes.out().expect("is there"), "/nix/store/x-image");
        let spec: Value = attributes.get("spec").expect("is there");
        assert_eq!(spec["name"], "a");
    }

    #[test]
    fn says_which_attribute_is_wrong() {
        let attributes = read(r#"{"outputs":{"dev":"/x"},"media":1}"#).expect("is well-formed");
        let error = |result: anyhow::Result<Utf8PathBuf>| format!("{:#}", result.expect_err("bad"));
        assert_eq!(
            error(attributes.get("spec")),
            "the derivation has no attribute `spec`"
        );
        assert!(error(attributes.get("media")).starts_with("the derivation's attribute `media`: "));
        assert_eq!(
            error(attributes.out()),
            "the derivation must have the one output `out`, and has 1"
        );
    }
}
