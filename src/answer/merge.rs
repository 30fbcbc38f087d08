//! What options say and what no option has, in one answer file. The plan has seen to it that no
//! setting is in both.

use crate::unattend::{Component, Content, Kind, Node, PASSES, Pass};

/// The passes in Setup's order.
pub(super) fn merge(own: impl IntoIterator<Item = Pass>, extra: &[Pass]) -> Vec<Pass> {
    let mut passes: Vec<Pass> = own.into_iter().collect();
    for pass in extra {
        match passes.iter_mut().find(|own| own.name == pass.name) {
            Some(own) => components(&mut own.components, &pass.components),
            None => passes.push(pass.clone()),
        }
    }
    passes.sort_by_key(|pass| PASSES.iter().position(|known| *known == pass.name));
    passes
}

fn components(own: &mut Vec<Component>, extra: &[Component]) {
    for component in extra {
        match own.iter_mut().find(|own| own.name == component.name) {
            Some(own) => nodes(&mut own.settings, &component.settings),
            None => own.push(component.clone()),
        }
    }
}

/// Groups of one name become one group; entries of a list are one behind the other.
fn nodes(own: &mut Vec<Node>, extra: &[Node]) {
    for node in extra {
        let same = own
            .iter_mut()
            .find(|own| own.name == node.name && own.kind == Kind::Single);
        match (same.map(|own| &mut own.content), &node.content) {
            (Some(Content::Nodes(own)), Content::Nodes(extra)) => nodes(own, extra),
            _ => own.push(node.clone()),
        }
    }
}
