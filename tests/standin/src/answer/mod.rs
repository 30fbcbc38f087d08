//! The answer file's contract: what Setup reads, and what it refuses.

pub mod copies;
pub mod network;
pub mod oobe;
pub mod password;
pub mod scrub;
pub mod settings;
pub mod specialize;
pub mod switches;
pub mod tree;
pub mod windows_pe;

use anyhow::{Context as _, Result, bail, ensure};

use tree::Element;

/// Every configuration pass, in Setup's order.
pub const PASSES: [&str; 7] = [
    "windowsPE",
    "offlineServicing",
    "generalize",
    "specialize",
    "auditSystem",
    "auditUser",
    "oobeSystem",
];

/// Items of lists: Setup takes one only with `wcm:action="add"`.
const LIST_ITEMS: &[&str] = &[
    "CreatePartition",
    "Disk",
    "DomainAccount",
    "DomainName",
    "FirewallGroup",
    "Interface",
    "IpAddress",
    "LocalAccount",
    "MetaData",
    "ModifyPartition",
    "PathAndCredentials",
    "Route",
    "RunAsynchronousCommand",
    "RunSynchronousCommand",
    "SynchronousCommand",
];

/// An answer file whose envelope is right.
#[derive(Clone, Debug)]
pub struct Answer {
    root: Element,
}

impl Answer {
    /// Reads an answer file and checks its envelope; each pass is checked when it runs.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let root = tree::read(bytes)?;
        ensure!(
            root.name == "unattend",
            "the root element is `{}`",
            root.name
        );
        let mut seen = Vec::new();
        for settings in &root.children {
            // Written by the tool that makes catalogs; Setup passes it over.
            if settings.name == "offlineImage" || settings.name == "servicing" {
                continue;
            }
            ensure!(
                settings.name == "settings",
                "`{}` below the root",
                settings.name
            );
            let pass = settings
                .attribute("pass")
                .context("settings without a pass")?;
            ensure!(PASSES.contains(&pass), "no pass is called `{pass}`");
            ensure!(!seen.contains(&pass), "two settings for the pass `{pass}`");
            seen.push(pass);
            for component in &settings.children {
                check_component(component).with_context(|| format!("in the pass `{pass}`"))?;
            }
        }
        Ok(Self { root })
    }

    /// The components of a pass that are for this architecture.
    pub fn components<'a>(&'a self, pass: &'a str) -> impl Iterator<Item = &'a Element> {
        self.root
            .all("settings")
            .filter(move |settings| settings.attribute("pass") == Some(pass))
            .flat_map(|settings| &settings.children)
            .filter(|component| component.attribute("processorArchitecture") == Some("amd64"))
    }

    /// One component of a pass, by its name without `Microsoft-Windows-`.
    #[must_use]
    pub fn component<'a>(&'a self, pass: &'a str, name: &str) -> Option<&'a Element> {
        let name = format!("Microsoft-Windows-{name}");
        self.components(pass)
            .find(|component| component.attribute("name") == Some(&name))
    }

    /// Whether the file says anything for a pass, for any architecture.
    #[must_use]
    pub fn has_pass(&self, pass: &str) -> bool {
        self.root
            .all("settings")
            .any(|settings| settings.attribute("pass") == Some(pass))
    }
}

fn check_component(component: &Element) -> Result<()> {
    ensure!(
        component.name == "component",
        "`{}` is no component",
        component.name
    );
    let name = component
        .attribute("name")
        .context("a component without a name")?;
    let architecture = component
        .attribute("processorArchitecture")
        .unwrap_or_default();
    ensure!(
        ["amd64", "x86", "arm64"].contains(&architecture),
        "`{name}` is for the architecture `{architecture}`"
    );
    for (attribute, wanted) in [
        ("publicKeyToken", "31bf3856ad364e35"),
        ("language", "neutral"),
        ("versionScope", "nonSxS"),
    ] {
        let value = component.attribute(attribute).unwrap_or_default();
        ensure!(
            value == wanted,
            "`{name}` has `{attribute}` `{value}`, not `{wanted}`"
        );
    }
    check_lists(component).with_context(|| format!("in `{name}`"))
}

fn check_lists(element: &Element) -> Result<()> {
    for child in &element.children {
        if LIST_ITEMS.contains(&child.name.as_str()) {
            let action = child.attribute("wcm:action");
            ensure!(
                action == Some("add"),
                "a `{}` without `wcm:action=\"add\"`",
                child.name
            );
        }
        check_lists(child)?;
    }
    Ok(())
}

/// A command of a list, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub order: u32,
    pub line: String,
}

/// The commands of a list: ordered from 1, none twice, none too long.
pub fn commands(list: Option<&Element>, item: &str, field: &str) -> Result<Vec<Command>> {
    let mut commands = Vec::new();
    for entry in list.into_iter().flat_map(|list| list.all(item)) {
        let order = number(entry, "Order")?;
        ensure!((1..=500).contains(&order), "`{item}` has the order {order}");
        let line = entry.text_at(field).unwrap_or_default();
        ensure!(!line.is_empty(), "`{item}` {order} has an empty `{field}`");
        commands.push(Command {
            order,
            line: line.into(),
        });
    }
    commands.sort_by_key(|command| command.order);
    for pair in commands.windows(2) {
        ensure!(
            pair[0].order != pair[1].order,
            "two of `{item}` have one order"
        );
    }
    Ok(commands)
}

/// A number that must be there.
pub fn number(element: &Element, path: &str) -> Result<u32> {
    let text = element.text_at(path);
    let text = text.with_context(|| format!("`{}` has no `{path}`", element.name))?;
    let number = text.parse();
    number.with_context(|| format!("`{path}` of `{}` is `{text}`", element.name))
}

/// A truth value, as Setup writes and reads it.
pub fn truth(element: &Element, path: &str) -> Result<Option<bool>> {
    match element.text_at(path) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => bail!("`{path}` of `{}` is `{other}`", element.name),
    }
}

#[cfg(test)]
mod tests;
