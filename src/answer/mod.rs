//! The answer file: what Windows Setup would ask, answered.
//!
//! A plan becomes a tree of settings, and the tree becomes XML: one module per pass says what is in
//! it, [`merge`] adds what no option has, [`xml`] writes it. Every setting is in
//! `data/unattend-settings.json`, Microsoft's own table, for its pass and within its length; a test
//! holds the two together. "Table" in a comment means that one, "page" Microsoft's of the setting.

mod commands;
mod drivers;
mod merge;
mod network;
mod oobe_system;
mod password;
mod specialize;
#[cfg(test)]
mod tests;
mod windows;
mod windows_pe;
mod xml;

use crate::plan::{Locale, Plan};
use crate::unattend::{Node, Pass, component, leaf};

/// The answer file of a plan, in UTF-8 with LF.
///
/// XML readers turn CR LF into LF before anybody sees it (XML 1.0, 2.11), so that Setup cannot
/// tell the difference, and golden files and terminals show LF as it is.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let own = [
        windows_pe::pass(plan),
        offline_servicing(plan),
        specialize::pass(plan),
        oobe_system::pass(plan),
    ];
    let passes = merge::merge(own, &plan.extra_components);
    xml::write(&plan.image.architecture, &passes)
}

/// The answer file of the copies of a generalised image, which go through the passes from
/// specialize on once more; nothing for other images.
///
/// It makes no accounts: those of the image are in each copy. Of what no option has only the pass
/// generalize is in it, which no other start has; the rest was set when the image was made.
#[must_use]
pub fn render_copies(plan: &Plan) -> Option<String> {
    let own = [specialize::of_copies(plan), oobe_system::of_copies(plan)];
    let extra = plan.extra_components.iter();
    let extra: Vec<Pass> = extra
        .filter(|pass| pass.name == "generalize")
        .cloned()
        .collect();
    plan.generalize.then(|| {
        let passes = merge::merge(own, &extra);
        xml::write(&plan.image.architecture, &passes)
    })
}

/// Settings of the image before it first starts.
fn offline_servicing(plan: &Plan) -> Pass {
    let mut components: Vec<_> = windows::offline_servicing(plan).into_iter().collect();
    if plan.defaults.online_all_disks {
        components.push(component(
            "Microsoft-Windows-PartitionManager",
            // 1 is OnlineAll. Server's own default leaves disks on a shared bus offline, and
            // virtio-scsi counts as one: a data disk would stay away.
            vec![leaf("SanPolicy", "1")],
        ));
    }
    Pass {
        name: "offlineServicing",
        components,
    }
}

/// The four settings that both components of languages have.
fn languages(locale: &Locale) -> Vec<Node> {
    vec![
        leaf("InputLocale", &locale.input),
        leaf("SystemLocale", &locale.system),
        leaf("UILanguage", &locale.ui),
        leaf("UserLocale", &locale.user),
    ]
}
