//! What an answer file is made of: passes of components of settings.

/// One `settings` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) name: &'static str,
    pub(super) components: Vec<Component>,
}

/// One component of Windows with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) name: &'static str,
    pub(super) settings: Vec<Node>,
}

/// A setting, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) content: Content,
}

/// How a node stands among others of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is the only one.
    Single,
    /// It is one of a list: `wcm:action="add"`.
    Item,
    /// It is one of a list whose entries are told apart by a key: `wcm:keyValue` as well.
    Keyed(String),
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Nodes(Vec<Node>),
}

/// A component.
pub(super) fn component(name: &'static str, settings: Vec<Node>) -> Component {
    Component { name, settings }
}

/// A setting with its value. Setup refuses empty values of most settings: there are none.
pub(super) fn leaf(name: &'static str, value: impl Into<String>) -> Node {
    Node {
        name,
        kind: Kind::Single,
        content: Content::Text(value.into()),
    }
}

/// A setting that is true or false.
pub(super) fn flag(name: &'static str, value: bool) -> Node {
    leaf(name, if value { "true" } else { "false" })
}

/// A group of settings.
pub(super) fn group(name: &'static str, nodes: Vec<Node>) -> Node {
    Node {
        name,
        kind: Kind::Single,
        content: Content::Nodes(nodes),
    }
}

/// An entry of a list.
pub(super) fn item(name: &'static str, nodes: Vec<Node>) -> Node {
    Node {
        kind: Kind::Item,
        ..group(name, nodes)
    }
}

/// An entry of a list with keys.
pub(super) fn keyed(name: &'static str, key: impl Into<String>, nodes: Vec<Node>) -> Node {
    Node {
        kind: Kind::Keyed(key.into()),
        ..group(name, nodes)
    }
}

/// Entries with their `Order`, which counts from 1.
pub(super) fn ordered(
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
