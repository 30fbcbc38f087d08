//! Microsoft's table of settings: `data/unattend-settings.json`, whose `source` says what it is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::problem::nearest;

const TABLE: &str = include_str!("../../data/unattend-settings.json");

/// What the names of nearly all components begin with, and what people leave out.
const PREFIX: &str = "Microsoft-Windows-";

/// The components, and the settings of each.
#[derive(Debug, Deserialize)]
pub struct Table {
    components: BTreeMap<String, Vec<Setting>>,
}

/// One setting, or a group of settings.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// The elements that lead to it from the component, joined with `/`.
    pub path: String,
    /// The passes that it may be in.
    pub passes: Vec<String>,
    /// How many UTF-16 units its value may have; `None` where no page says it.
    pub max_length: Option<usize>,
    /// Whether it is one entry of a list.
    pub list: Option<List>,
    /// Whether Microsoft's pages say that it should not be used any more.
    #[serde(default)]
    pub deprecated: bool,
}

/// How the entries of a list are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum List {
    /// By something that is in them.
    Items,
    /// By `wcm:keyValue`.
    Keyed,
}

impl Setting {
    /// Its own name: the last of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        let last = self.path.rsplit_once('/');
        last.map_or(self.path.as_str(), |(_, name)| name)
    }

    /// Whether it may be in a pass.
    #[must_use]
    pub fn is_in(&self, pass: &str) -> bool {
        self.passes.iter().any(|known| known == pass)
    }

    fn parent(&self) -> &str {
        let last = self.path.rsplit_once('/');
        last.map_or("", |(parent, _)| parent)
    }
}

/// The table, read once.
#[must_use]
#[allow(
    clippy::missing_panics_doc,
    reason = "never: the table is compiled in and tested"
)]
pub fn table() -> &'static Table {
    static READ: LazyLock<Table> =
        LazyLock::new(|| serde_json::from_str(TABLE).expect("the table is compiled in"));
    &READ
}

impl Table {
    /// The names of all components.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.components.keys().map(String::as_str)
    }

    /// A component's name as the table has it, when there is one.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&str> {
        self.components
            .get_key_value(name)
            .map(|(known, _)| known.as_str())
    }

    /// All settings of a component, in the order in which they are written.
    #[must_use]
    pub fn settings(&self, component: &str) -> &[Setting] {
        self.components.get(component).map_or(&[], Vec::as_slice)
    }

    /// The settings directly below a path, or directly in the component for an empty one.
    pub fn below<'a>(
        &'a self,
        component: &str,
        path: &'a str,
    ) -> impl Iterator<Item = &'a Setting> + Clone {
        let settings = self.settings(component).iter();
        settings.filter(move |setting| setting.parent() == path)
    }

    /// What was probably meant by the name of a component that is not there.
    #[must_use]
    pub fn meant(&self, name: &str) -> Option<&str> {
        let short = without_prefix(name);
        let meant = nearest(short, self.components().map(without_prefix))?;
        self.components()
            .find(|known| without_prefix(known) == meant)
    }
}

fn without_prefix(name: &str) -> &str {
    let (start, rest) = name.split_at_checked(PREFIX.len()).unwrap_or_default();
    if start.eq_ignore_ascii_case(PREFIX) {
        rest
    } else {
        name
    }
}
