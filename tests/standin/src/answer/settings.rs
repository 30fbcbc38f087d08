//! Microsoft's own table of settings: which passes take each, and how long its value may be.

use std::{collections::BTreeMap, sync::LazyLock};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::{Answer, tree::Element};

/// Facts of the public reference; `source` in the file names it.
const TABLE: &str = include_str!("../../../../data/unattend-settings.json");

#[derive(Debug, Deserialize)]
struct Table {
    components: BTreeMap<String, Vec<Setting>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Setting {
    path: String,
    passes: Vec<String>,
    max_length: Option<usize>,
}

static SETTINGS: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(TABLE).expect("the table is committed and tested"));

/// Checks every setting of a pass against the table, as Setup checks them against the image's
/// own schema: one that no component has stops the pass.
pub fn check(answer: &Answer, pass: &str) -> Result<()> {
    for component in answer.components(pass) {
        let name = component.attribute("name").unwrap_or_default();
        let settings = SETTINGS.components.get(name);
        let settings = settings.with_context(|| format!("no component is called `{name}`"))?;
        check_below(name, settings, component, "", pass)?;
    }
    Ok(())
}

fn check_below(
    component: &str,
    settings: &[Setting],
    element: &Element,
    path: &str,
    pass: &str,
) -> Result<()> {
    for child in &element.children {
        let path = match path {
            "" => child.name.clone(),
            _ => format!("{path}/{}", child.name),
        };
        let setting = settings.iter().find(|setting| setting.path == path);
        let Some(setting) = setting else {
            bail!("`{component}` has no setting `{path}`");
        };
        ensure!(
            setting.passes.iter().any(|known| known == pass),
            "`{component}` has `{path}`, but not in the pass `{pass}`"
        );
        if let Some(longest) = setting.max_length {
            let length = child.text.encode_utf16().count();
            ensure!(
                length <= longest,
                "`{path}` of `{component}` has {length} characters, and {longest} are allowed"
            );
        }
        check_below(component, settings, child, &path, pass)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_what_every_install_uses() {
        let longest = |component: &str, path: &str| {
            let list = &SETTINGS.components[component];
            list.iter()
                .find(|setting| setting.path == path)
                .expect(path)
                .max_length
        };
        let shell = "Microsoft-Windows-Shell-Setup";
        assert_eq!(
            longest(shell, "FirstLogonCommands/SynchronousCommand/CommandLine"),
            Some(1024)
        );
        assert_eq!(longest(shell, "ComputerName"), Some(15));
    }
}
