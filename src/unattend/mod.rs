//! What an answer file is made of ([`Pass`], [`Component`], [`Node`]), and Microsoft's own table of
//! the settings that there are ([`table`]).

mod table;
#[cfg(test)]
mod tests;
mod tree;

pub use table::{List, Setting, Table, table};
pub use tree::{Component, Content, Kind, Node, Pass};
pub(crate) use tree::{component, flag, group, item, keyed, leaf, number, ordered};

/// Every configuration pass, in the order in which Setup runs them and answer files have them.
pub const PASSES: [&str; 7] = [
    "windowsPE",
    "offlineServicing",
    "generalize",
    "specialize",
    "auditSystem",
    "auditUser",
    "oobeSystem",
];
