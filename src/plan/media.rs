//! Rules of what the Windows ISO must hold: the image, its languages; and the product key.

use crate::plan::Locale;
use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::problem::{Problem, nearest, operand, operands};
use crate::spec::Edition;
use crate::windows_iso::{Image, WindowsIso};

/// The one architecture whose firmware, machine and drivers are here.
const ARCHITECTURE: &str = "amd64";
/// The characters of product keys. `0`, `1` and letters like them are in none; the key of zeros
/// that circulates makes Setup ask, which nobody would answer.
const KEY_CHARACTERS: &str = "BCDFGHJKMNPQRTVWXY2346789";
/// The keyboard layouts and languages that one setting takes, in characters.
const LOCALE_MAX: usize = 256;

/// The image to install.
pub(super) fn image(rules: &mut Rules<'_>) -> Image {
    for (at, path) in [
        ("windowsIso", &rules.spec.windows_iso),
        ("virtioWinIso", &rules.spec.virtio_win_iso),
    ] {
        if path.as_deref() == Some("") {
            rules.problem(Problem::new(at, "is empty"));
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
            rules.text("edition", name, LOCALE_MAX);
            image.name.clone_from(name);
        }
        None => rules.problem(
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
        return Err(Problem::new("windowsIso", "holds no image of Windows"));
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
        rules.problem_of(&["edition"], Problem::new("windowsIso", what));
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

/// Languages and keyboard.
pub(super) fn locale(rules: &mut Rules<'_>, image: &Image) -> Locale {
    let said = rules.spec.locale.clone().unwrap_or_default();
    let ui = ui_language(rules, image, said.ui);
    for (at, text) in [("locale.system", &said.system), ("locale.user", &said.user)] {
        let wrong = text.as_deref().filter(|text| !is_locale(text));
        if let Some(text) = wrong {
            let what = format!("{} is not a locale's name", operand(text));
            rules.problem(Problem::new(at, what).hint("such as `en-US` or `sr-Latn-RS`"));
        }
    }
    if let Some(input) = &said.input {
        let fits = |one: &str| is_locale(one) || is_keyboard(one);
        if input.len() > LOCALE_MAX || !input.split(';').all(fits) {
            let what = format!("{} names no keyboard", operand(input));
            let hint = "a locale such as `en-US`, or `0409:00000409`; several joined with `;`";
            rules.problem(Problem::new("locale.input", what).hint(hint));
        }
    }
    let user = said.user.unwrap_or_else(|| ui.clone());
    Locale {
        system: said.system.unwrap_or_else(|| ui.clone()),
        input: said.input.unwrap_or_else(|| user.clone()),
        user,
        ui,
    }
}

/// The language of Setup: one of the image's, for with another Setup stops and shows its first
/// page.
fn ui_language(rules: &mut Rules<'_>, image: &Image, said: Option<String>) -> String {
    let known = image.languages.iter();
    if let Some(said) = said {
        if !is_locale(&said) {
            let what = format!("{} is not a language's name", operand(&said));
            rules.problem(Problem::new("locale.ui", what).hint("such as `en-US`"));
        } else if rules.image_found {
            if let Some(found) = known.clone().find(|l| l.eq_ignore_ascii_case(&said)) {
                return found.clone();
            }
            let what = format!("the image does not speak {}", operand(&said));
            let hint = format!("it has {}", operands(known.map(String::as_str)));
            rules.problem_of(&["edition"], Problem::new("locale.ui", what).hint(hint));
        }
        return said;
    }
    let default = image.default_language.as_ref().or(image.languages.first());
    if default.is_none() && (rules.image_found || rules.facts.windows.is_none()) {
        let what = if rules.image_found {
            "is not said, and the image does not tell its languages"
        } else {
            "is not said, and no Windows ISO was read to take it from"
        };
        let hint = "say the language of the ISO, such as `en-US`";
        rules.problem(Problem::new("locale.ui", what).hint(hint));
    }
    default.cloned().unwrap_or_default()
}

/// `de`, `en-US`, `sr-Latn-RS`, `es-419`.
fn is_locale(text: &str) -> bool {
    let letters = |part: &str| part.chars().all(|c| c.is_ascii_alphabetic());
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && letters(language)
        && text.len() <= 20
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// `LLLL:KKKKKKKK`: a language and a layout, in hexadecimal.
fn is_keyboard(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.chars().all(|c| c.is_ascii_hexdigit())
    };
    text.split_once(':')
        .is_some_and(|(language, layout)| hex(language, 4) && hex(layout, 8))
}
