//! Reads what Setup needs of a driver's INF: its class, files, catalogue, devices and systems.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

/// One INF.
#[derive(Clone, Debug)]
pub struct Inf {
    pub class: String,
    pub version: String,
    /// The catalogue that its signature is in.
    pub catalog: String,
    /// The files that it brings, all beside it.
    pub files: Vec<String>,
    /// Hardware ids in upper case, each with the first build that it is for.
    models: Vec<(String, u32)>,
}

impl Inf {
    /// Reads an INF's text.
    pub fn parse(text: &str) -> Result<Self> {
        let sections = sections(text);
        let section = |name: &str| sections.get(&name.to_ascii_lowercase());
        let version = section("Version").context("an INF without `[Version]`")?;
        let value = |key: &str| {
            version
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(key))
                .map(|(_, value)| value.trim_matches('"').to_owned())
        };
        ensure!(
            value("Signature").is_some_and(|text| text.eq_ignore_ascii_case("$WINDOWS NT$")),
            "an INF without the signature `$WINDOWS NT$`"
        );
        let mut models = Vec::new();
        for (_, list) in section("Manufacturer").context("an INF without a manufacturer")? {
            let mut parts = list.split(',').map(str::trim);
            let base = parts.next().unwrap_or_default();
            for decoration in parts {
                let Some(build) = build_of(decoration) else {
                    continue;
                };
                let lines = section(&format!("{base}.{decoration}"));
                for (_, line) in lines.into_iter().flatten() {
                    models.extend(ids(line).map(|id| (id, build)));
                }
            }
        }
        let files = section("SourceDisksFiles").into_iter().flatten();
        Ok(Self {
            class: value("Class").context("an INF without a class")?,
            version: value("DriverVer").unwrap_or_default(),
            catalog: value("CatalogFile").context("an unsigned INF: it names no catalogue")?,
            files: files.map(|(name, _)| name.clone()).collect(),
            models,
        })
    }

    /// Whether this is a driver for the device, on an amd64 system of that build.
    #[must_use]
    pub fn matches(&self, hardware_id: &str, build: u32) -> bool {
        let id = hardware_id.to_ascii_uppercase();
        self.models
            .iter()
            .any(|(model, first)| *model == id && *first <= build)
    }
}

/// The first build of a decoration for amd64, such as `NTamd64.10.0...22000`; `None` for another
/// architecture's.
fn build_of(decoration: &str) -> Option<u32> {
    let mut parts = decoration.split('.');
    if !parts.next()?.eq_ignore_ascii_case("NTamd64") {
        return None;
    }
    // major, minor, product type, suite mask, build
    Some(parts.nth(4).and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// The hardware and compatible ids of a model's line, after its install section's name.
fn ids(line: &str) -> impl Iterator<Item = String> {
    line.split(',')
        .skip(1)
        .map(|id| id.trim().to_ascii_uppercase())
        .filter(|id| !id.is_empty())
}

type Sections = BTreeMap<String, Vec<(String, String)>>;

fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut name = String::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split(';').next().unwrap_or_default().trim();
        if let Some(header) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            name = header.trim().to_ascii_lowercase();
            sections.entry(name.clone()).or_default();
        } else if !line.is_empty() {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let pair = (key.trim().to_owned(), value.trim().to_owned());
            sections.entry(name.clone()).or_default().push(pair);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[version] ; comment\nSignature=\"$Windows NT$\"\nClass = SCSIAdapter\n\
        CatalogFile=a.cat\n[SourceDisksFiles]\na.sys = 1\n[Manufacturer]\n\
        %V% = M, NTx86, NTarm64.10.0, NTamd64.10.0...19041\n[M.NTamd64.10.0...19041]\n\
        %D% = I, PCI\\VEN_1AF4&DEV_1048&SUBSYS_11001AF4, pci\\ven_1af4&dev_1048\n\
        [M.NTx86]\n%D% = I, PCI\\VEN_1111&DEV_2222\n";

    #[test]
    fn ids_of_this_architecture_and_build_match() {
        let inf = Inf::parse(TEXT).expect("an INF");
        assert!(inf.matches("PCI\\VEN_1af4&DEV_1048", 19041));
        assert!(!inf.matches("PCI\\VEN_1AF4&DEV_1048", 19040));
        assert!(!inf.matches("PCI\\VEN_1111&DEV_2222", 30000), "x86 only");
        assert_eq!(
            (inf.class.as_str(), inf.catalog.as_str()),
            ("SCSIAdapter", "a.cat")
        );
    }

    #[test]
    fn what_windows_would_not_take_is_refused() {
        assert!(Inf::parse("").is_err());
        assert!(
            Inf::parse(&TEXT.replace("CatalogFile=a.cat\n", "")).is_err(),
            "unsigned"
        );
        assert!(Inf::parse(&TEXT.replace("$Windows NT$", "$Chicago$")).is_err());
    }
}
