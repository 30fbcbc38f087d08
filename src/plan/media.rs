//! Rules of the image that the Windows ISO must hold, and of the product key.

use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::problem::{Problem, nearest, operand};
use crate::spec::Edition;
use crate::windows_iso::{Image, WindowsIso};

/// The one architecture whose firmware, machine and drivers are here.
const ARCHITECTURE: &str = "amd64";
/// The characters of product keys. `0`, `1` and letters like them are in none; the key of zeros
/// that circulates makes Setup ask, which nobody would answer.
const KEY_CHARACTERS: &str = "BCDFGHJKMNPQRTVWXY2346789";
/// Longer than any image's name, in characters.
const NAME_MAX: usize = 256;

/// The image to install.
pub(super) fn image(rules: &mut Rules<'_>) -> Image {
    for (at, path) in [
        ("windowsIso", &rules.spec.windows_iso),
        ("virtioWinIso", &rules.spec.virtio_win_iso),
    ] {
        if path.as_deref() == Some("") {
            let hint = "name the ISO's file, or leave it out";
            rules.problem(Problem::new(at, "is empty").hint(hint));
        }
    }
    let Some(iso) = rules.facts.windows else {
        return unread(rules);
    };
    match find(iso, rules.spec.edition.as_ref()) {
        Ok(image) => {
            rules.image_found = true;
            suits(rules, image);
            image.clone()
        }
        Err(problem) => {
            rules.problem(problem);
            Image::default()
        }
    }
}

/// What the spec says of an image that was not looked at: enough for an answer file.
fn unread(rules: &mut Rules<'_>) -> Image {
    let mut image = Image {
        architecture: ARCHITECTURE.to_owned(),
        ..Image::default()
    };
    match &rules.spec.edition {
        Some(Edition::Index(0)) => rules.problem(index_zero()),
        Some(Edition::Index(index)) => image.index = *index,
        Some(Edition::Name(name)) => {
            rules.text("edition", name, NAME_MAX);
            image.name.clone_from(name);
        }
        None => rules.problem_of(
            &["windowsIso"],
            Problem::new(
                "edition",
                "is not said, and no Windows ISO was read to choose from",
            )
            .hint("say an image's name or index, or give the ISO with `--iso`"),
        ),
    }
    image
}

fn find<'a>(iso: &'a WindowsIso, edition: Option<&Edition>) -> Result<&'a Image, Problem> {
    let have = format!("the ISO has {}", listed(&iso.images));
    let problem = |what: String| Problem::new("edition", what).hint(&have);
    if iso.images.is_empty() {
        return Err(Problem::new("windowsIso", "holds no image of Windows")
            .hint("`lucarne iso FILE` shows what an ISO holds"));
    }
    match edition {
        None => match iso.images.as_slice() {
            [one] => Ok(one),
            many => Err(problem(format!(
                "is not said, and the ISO has {} images",
                many.len()
            ))),
        },
        Some(Edition::Index(0)) => Err(index_zero()),
        Some(Edition::Index(index)) => iso
            .images
            .iter()
            .find(|image| image.index == *index)
            .ok_or_else(|| problem(format!("no image has the index {index}"))),
        Some(Edition::Name(name)) => {
            let found: Vec<_> = iso.images.iter().filter(|i| i.name == *name).collect();
            match found.as_slice() {
                [one] => Ok(one),
                [] => {
                    let names = iso.images.iter().map(|image| image.name.as_str());
                    let what = format!("no image is named {}", operand(name));
                    Err(match nearest(name, names) {
                        Some(meant) => {
                            problem(what).hint(format!("did you mean {}? {have}", operand(meant)))
                        }
                        None => problem(what),
                    })
                }
                many => Err(problem(format!(
                    "{} images are named {}; say the index",
                    many.len(),
                    operand(name)
                ))),
            }
        }
    }
}

fn index_zero() -> Problem {
    Problem::new("edition", "no image has the index 0").hint("indexes begin with 1")
}

/// Whether an image can be installed at all.
fn suits(rules: &mut Rules<'_>, image: &Image) {
    let name = operand(&image.name);
    if image.architecture != ARCHITECTURE {
        let theirs = operand(&image.architecture);
        let what = format!("{name} is made for {theirs}, only `{ARCHITECTURE}` can be installed");
        let hint = "Microsoft has another ISO for each architecture; take the one for x64";
        rules.problem_of(&["edition"], Problem::new("windowsIso", what).hint(hint));
    }
    if System::of(image).is_none() {
        let (major, minor, build) = image.version;
        let what = format!("{name} is Windows {major}.{minor}.{build}");
        let hint = "Windows 10, Windows Server 2016 and later can be installed";
        rules.problem_of(&["edition"], Problem::new("windowsIso", what).hint(hint));
    }
}

/// Images as a user can name them.
fn listed(images: &[Image]) -> String {
    let images: Vec<_> = images
        .iter()
        .map(|image| format!("{}: {}", image.index, operand(&image.name)))
        .collect();
    images.join(", ")
}

/// The product key, in the letters that Setup prints.
pub(super) fn product_key(rules: &mut Rules<'_>) -> Option<String> {
    let key = rules.spec.product_key.as_deref()?.to_ascii_uppercase();
    let groups: Vec<_> = key.split('-').collect();
    let form = groups.len() == 5
        && groups
            .iter()
            .all(|group| group.len() == 5 && group.chars().all(|c| KEY_CHARACTERS.contains(c)));
    if form {
        rules.warn(
            Problem::new(
                "productKey",
                "every user of this host can read it in the store",
            )
            .hint("a key that Microsoft publishes, such as a KMS client key, is no secret"),
        );
    } else {
        rules.problem(
            Problem::new("productKey", "is not of a product key's form").hint(
                "five groups of five letters and digits, joined with `-`; leave it out to install \
             without one",
            ),
        );
    }
    Some(key)
}
