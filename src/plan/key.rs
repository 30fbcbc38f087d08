//! Rules of product keys: which one Setup is given, and which it may be given.
//!
//! Setup asks for a key unless it has one, or needs none, and nobody would answer. It has two uses
//! for one: in the windowsPE pass it chooses the edition, in the specialize pass it activates
//! (pages of `UserData/ProductKey/Key` and of Shell-Setup's `ProductKey`). What the user says is
//! used for both. Where nothing is said, Setup gets a key for the first use alone, and only where
//! the media want one:
//!
//! - evaluation media none: they have their own, and refuse another;
//! - volume media none, which `sources/ei.cfg` tells: their images have their KMS client key
//!   ("KMS client activation and product keys": "the relevant GVLK is already there");
//! - other client media the key that Windows itself has before it is given another, by edition;
//! - editions without such a key that of `sources/PID.txt`, which Setup itself no longer reads: "if
//!   you use an answer file during installation, Windows Setup ignores the EI.cfg and PID.txt
//!   files" (page of EI.cfg and PID.txt);
//! - the others, Server's for retail and LTSC's without `ei.cfg` among them, their KMS client key:
//!   Microsoft publishes no other key for them. Where there is none either, a warning is told.
//!
//! Without one the element is left out, for an empty key makes the Setup of 25H2 ask.

use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::plan::tables::{ProductKey, product_keys};
use crate::problem::{Problem, operand};
use crate::windows_iso::{EiCfg, Image};

/// The characters of product keys. `0`, `1` and letters like them are in none; the key of zeros
/// that circulates makes Setup ask, which nobody would answer.
const CHARACTERS: &str = "BCDFGHJKMNPQRTVWXY2346789";
/// Five groups of five, and the marks between them.
const LENGTH: usize = 29;
const FORM: &str =
    "five groups of five letters and digits, joined with `-`; leave it out to install without one";

/// The keys of an install.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// What the user said, for both uses.
    pub(super) product: Option<String>,
    /// What chooses the edition.
    pub(super) setup: Option<String>,
}

/// The product key, in the letters that Setup prints, and the one for Setup.
pub(super) fn keys(rules: &mut Rules<'_>, image: &Image) -> Keys {
    let Some(said) = rules.spec.product_key.as_deref() else {
        return Keys {
            product: None,
            setup: setup_key(rules, image),
        };
    };
    let key = said.to_ascii_uppercase();
    if let Some(what) = wrong_form(&key) {
        rules.problem(Problem::new("productKey", what).hint(FORM));
    } else if rules.image_found && image.evaluation {
        let what = format!(
            "{} is an evaluation, which takes no key",
            operand(&image.name)
        );
        let hint = "leave it out; media with a licence take a key";
        let problem = Problem::new("productKey", what).hint(hint);
        rules.problem_of(&["edition", "windowsIso"], problem);
    } else {
        judge(rules, image, &key);
    }
    Keys {
        product: Some(key.clone()),
        setup: Some(key),
    }
}

/// What is wrong with a key's form.
fn wrong_form(key: &str) -> Option<String> {
    let bad = key.chars().find(|c| *c != '-' && !CHARACTERS.contains(*c));
    let length = key.chars().count();
    if key.is_empty() {
        Some("is empty".to_owned())
    } else if length != LENGTH {
        Some(format!(
            "has {length} characters, and a product key {LENGTH}"
        ))
    } else if let Some(bad) = bad {
        let bad = operand(&bad.to_string());
        Some(format!("has {bad}, which is in no product key"))
    } else if key.split('-').any(|group| group.len() != 5) {
        Some("is not of a product key's form".to_owned())
    } else {
        None
    }
}

/// Whether a key that is known is for the image; one that is not known is somebody's own.
fn judge(rules: &mut Rules<'_>, image: &Image, key: &str) {
    let Some(known) = product_keys().find(|known| known.key == key) else {
        rules.warn(
            Problem::new(
                "productKey",
                "every user of this host can read it in the store",
            )
            .hint("a key that Microsoft publishes, such as a KMS client key, is no secret"),
        );
        return;
    };
    if rules.image_found && !is_for(&known, image) {
        let what = format!(
            "is a key of {}, not of {}",
            known.name,
            operand(&image.name)
        );
        let hint = match product_keys().find(|other| is_for(other, image)) {
            Some(right) => format!("leave it out, or take {}'s: `{}`", right.name, right.key),
            None => "leave it out, or choose the edition that it is of".to_owned(),
        };
        let problem = Problem::new("productKey", what).hint(hint);
        rules.problem_of(&["edition", "windowsIso"], problem);
    }
}

/// The key for Setup where the user said none.
fn setup_key(rules: &mut Rules<'_>, image: &Image) -> Option<String> {
    let iso = rules.facts.windows.filter(|_| rules.image_found)?;
    let volume = iso.ei_cfg.as_ref().is_some_and(is_volume);
    if image.evaluation || volume {
        return None;
    }
    let known = |for_setup: bool| {
        let mut keys = product_keys().filter(|key| is_for(key, image));
        let key = keys.find(|key| key.is_for_setup == for_setup)?;
        Some(key.key.to_owned())
    };
    let pid = iso.pid.as_deref();
    let key = known(true)
        .or_else(|| of_pid(rules, image, pid?))
        .or_else(|| known(false));
    if key.is_none() {
        let name = operand(&image.name);
        let what = format!("is not said, and none of {name} is known: Setup may stop and ask");
        let hint = "set it, or take media for volume licences, which ask for none";
        rules.warn(Problem::new("productKey", what).hint(hint));
    }
    key
}

/// The key of `sources/PID.txt`, unless it cannot be the image's.
fn of_pid(rules: &mut Rules<'_>, image: &Image, pid: &str) -> Option<String> {
    let key = pid.to_ascii_uppercase();
    let known = product_keys().find(|known| known.key == key);
    if wrong_form(&key).is_some() || known.as_ref().is_some_and(|known| !is_for(known, image)) {
        return None;
    }
    if known.is_none() {
        let what = "the key in its `sources/PID.txt` will be in the store, for all to read";
        let hint = "set `productKey` to a key that is no secret";
        rules.warn(Problem::new("windowsIso", what).hint(hint));
    }
    Some(key)
}

/// Whether media are for volume licences: by `[VL]`, and by the channel where that is not said.
fn is_volume(ei_cfg: &EiCfg) -> bool {
    let channel = ei_cfg.channel.as_deref().unwrap_or_default();
    let by_channel = channel.to_ascii_lowercase().starts_with("volume");
    ei_cfg.volume_license.unwrap_or(by_channel)
}

fn is_server(image: &Image) -> bool {
    System::of(image).is_some_and(System::is_server)
}

/// Whether a known key is for an image.
fn is_for(key: &ProductKey, image: &Image) -> bool {
    let edition = image.edition_id.as_deref().unwrap_or_default();
    // Some images of Server Core have the edition so.
    let edition = match edition.strip_suffix("Core").or(edition.strip_suffix("Cor")) {
        Some(whole) if is_server(image) => whole,
        _ => edition,
    };
    let (_, _, build) = image.version;
    key.edition.eq_ignore_ascii_case(edition) && key.builds.contains(&build)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        let says = |key: &str, what: &str| {
            let told = wrong_form(key).unwrap_or_default();
            assert!(told.contains(what), "{told}");
        };
        says("", "is empty");
        says("VK7JG-NPHTM-C97JM-9MPGT", "23 characters");
        says("VK7JG-NPHTM-C97JM-9MPGT-3V66T ", "30 characters");
        says("00000-00000-00000-00000-00000", "has `0`");
        says("VK7JGNPHTMC97JM9MPGT3V66TVK7J", "form");
        assert_eq!(wrong_form("VK7JG-NPHTM-C97JM-9MPGT-3V66T"), None);
    }

    #[test]
    fn volume_media_are_told_by_flag_or_channel() {
        let check = |channel: Option<&str>, flag: Option<bool>, is: bool| {
            let ei_cfg = EiCfg {
                channel: channel.map(str::to_owned),
                volume_license: flag,
                ..EiCfg::default()
            };
            assert_eq!(is_volume(&ei_cfg), is, "{ei_cfg:?}");
        };
        check(Some("Volume"), None, true);
        check(Some("volume:GVLK"), None, true);
        check(Some("Retail"), None, false);
        check(Some("Volume"), Some(false), false);
        check(Some("Retail"), Some(true), true);
        check(None, None, false);
    }

    #[test]
    fn the_table_is_well_formed() {
        let keys: Vec<_> = product_keys().collect();
        assert!(keys.len() > 40, "{}", keys.len());
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(wrong_form(key.key), None, "{}", key.key);
            assert!(!key.builds.is_empty() && key.name.starts_with("Windows"));
            let others = &keys[index + 1..];
            assert!(others.iter().all(|other| other.key != key.key));
            // Two of one kind for one image would leave the choice to the table's order.
            let same = others.iter().find(|other| {
                other.edition == key.edition
                    && other.is_for_setup == key.is_for_setup
                    && other.builds.contains(key.builds.start())
            });
            assert!(same.is_none(), "{}", key.key);
        }
    }

    #[test]
    fn keys_are_for_their_editions_and_releases() {
        let check = |key: &str, edition: &str, kind: &str, build: u32, fits: bool| {
            let known = product_keys().find(|known| known.key == key);
            let image = Image {
                edition_id: Some(edition.to_owned()),
                installation_type: Some(kind.to_owned()),
                version: (10, 0, build),
                ..Image::default()
            };
            let known = known.expect("is in the table");
            assert_eq!(is_for(&known, &image), fits, "{key} {edition} {build}");
        };
        let standard_2022 = "VDYBN-27WPP-V4HQT-9VMD4-VMK7H";
        check(standard_2022, "ServerStandard", "Server", 20348, true);
        check(
            standard_2022,
            "ServerStandardCor",
            "Server Core",
            20348,
            true,
        );
        check(standard_2022, "ServerStandard", "Server", 26100, false);
        check(standard_2022, "ServerDatacenter", "Server", 20348, false);
        let home = "YTMG3-N6DKC-DKB77-7M9GH-8HVX7";
        check(home, "Core", "Client", 26100, true);
        check(home, "CoreN", "Client", 26100, false);
        let ltsb_2016 = "DCPHK-NFMTC-H88MJ-PFHPY-QJ4BJ";
        check(ltsb_2016, "EnterpriseS", "Client", 14393, true);
        check(ltsb_2016, "EnterpriseS", "Client", 19044, false);
    }
}
