//! Findings from what was seen: no effects, and no words that another host would not get too.

mod kvm;
mod nix;
mod room;
mod tools;

use super::{Finding, Level, Seen};

pub(super) use tools::number;

/// Judges a host: everything that was looked at, in an order that stays.
#[must_use]
pub fn judge(seen: &Seen) -> Vec<Finding> {
    let mut found = vec![kvm::judge(seen)];
    tools::judge(seen, &mut found);
    found.extend(tools::keys(seen));
    found.extend(group(seen));
    nix::judge(seen, &mut found);
    room::judge(seen, &mut found);
    found
}

/// Of the machines that are services; by hand nobody needs it.
fn group(seen: &Seen) -> Option<Finding> {
    let system = &seen.system;
    if !system.has_own_group || system.root {
        return None;
    }
    if system.groups.iter().any(|group| group == "lucarne") {
        let what = "this user is in the group `lucarne`, which controls machines that are services";
        return Some(Finding::new("group", Level::Ok, what));
    }
    let what = "this user is not in the group `lucarne`: root alone controls machines that are \
                services";
    Some(
        Finding::new("group", Level::Note, what)
            .hint("log in again afterwards")
            .nixos("`users.users.NAME.extraGroups = [ \"lucarne\" ];`")
            .debian("`adduser NAME lucarne`"),
    )
}
