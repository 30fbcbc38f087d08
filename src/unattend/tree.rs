//! What an answer file is made of: passes of components of settings.

use serde::Serialize;

/// One `settings` element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pass {
    pub name: &'static str,
    pub components: Vec<Component>,
}

/// One component of Windows with its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    pub name: &'static str,
    pub settings: Vec<Node>,
}

/// A setting, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub name: &'static str,
    #[serde(skip_serializing_if = "Kind::is_single")]
    pub kind: Kind,
    pub content: Content,
}

/// How a node stands among others of its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// It is the only one.
    Single,
    /// It is one of a list: `wcm:action="add"`.
    Item,
    /// It is one of a list whose entries are told apart by a key: `wcm:keyValue` as well.
    Keyed(String),
}

impl Kind {
    fn is_single(&self) -> bool {
        *self == Self::Single
    }
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[serde(untagged)]
pub enum Content {
    Text(String),
    Nodes(Vec<Node>),
}

/// A component.
pub(crate) fn component(name: &'static str, settings: Vec<Node>) -> Component {
    Component { name, settings }
}

/// A setting with its value. Setup refuses empty values of most settings: there are none.
pub(crate) fn leaf(name: &'static str, value: impl Into<String>) -> Node {
    Node {
        name,
        kind: Kind::Single,
        content: Content::Text(value.into()),
    }
}

/// A setting that is true or false.
pub(crate) fn flag(name: &'static str, value: bool) -> Node {
    leaf(name, if value { "true" } else { "false" })
}

/// A setting that is 0 or 1, as components that write it to the registry have it.
pub(crate) fn number(name: &'static str, value: bool) -> Node {
    leaf(name, if value { "1" } else { "0" })
}

/// A group of settings.
pub(crate) fn group(name: &'static str, nodes: Vec<Node>) -> Node {
    Node {
        name,
        kind: Kind::Single,
        content: Content::Nodes(nodes),
    }
}

/// An entry of a list.
pub(crate) fn item(name: &'static str, nodes: Vec<Node>) -> Node {
    Node {
        kind: Kind::Item,
        ..group(name, nodes)
    }
}

/// An entry of a list with keys.
pub(crate) fn keyed(name: &'static str, key: impl Into<String>, nodes: Vec<Node>) -> Node {
    Node {
        kind: Kind::Keyed(key.into()),
        ..group(name, nodes)
    }
}

/// Entries with their `Order`, which counts from 1.
pub(crate) fn ordered(
    name: &'static str,
    entries: impl IntoIterator<Item = Vec<Node>>,
) -> Vec<Node> {
    let numbered = (1_u32..).zip(entries);
    numbered
        .map(|(order, mut nodes)| {
            nodes.insert(0, leaf("Order", order.to_string()));
            item(name, nodes)
        })
        .collect()
}
