//! Rules of the image that the Windows ISO must hold.

use crate::plan::rules::Rules;
use crate::plan::system::System;
use crate::plan::{ARCHITECTURE, Purpose};
use crate::problem::{Problem, nearest, operand};
use crate::spec::Edition;
use crate::windows_iso::{Image, WindowsIso};

/// Longer than any image's name, in characters.
const NAME_MAX: usize = 256;
/// Architectures that an answer file can be written for. Setup has `x86` too, but what is made for
/// it ended with Windows 10, and virtio-win's drivers of today lack it.
const ANSWERED: [&str; 2] = [ARCHITECTURE, "arm64"];

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
    for what in &iso.passed_over {
        let hint = "it is taken as absent; say `productKey` where Setup goes by it";
        rules.warn(Problem::new("windowsIso", what.as_str()).hint(hint));
    }
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
            if let Some(hint) = quoted_index(name) {
                let what = format!("no image is called {}", operand(name));
                rules.problem(Problem::new("edition", what).hint(hint));
            }
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
    let images = &iso.images;
    if images.is_empty() {
        return Err(Problem::new("windowsIso", "holds no image of Windows")
            .hint("`lucarne iso FILE` shows what an ISO holds"));
    }
    let problem = |what: String| {
        Problem::new("edition", what).hint(format!("the ISO has {}", listed(images)))
    };
    match edition {
        None => match images.as_slice() {
            [one] => Ok(one),
            many => Err(problem(format!(
                "is not said, and the ISO has {} images",
                many.len()
            ))),
        },
        Some(Edition::Index(0)) => Err(index_zero()),
        Some(Edition::Index(index)) => images
            .iter()
            .find(|image| image.index == *index)
            .ok_or_else(|| problem(format!("no image has the index {index}"))),
        Some(Edition::Name(name)) => match called(images, name).as_slice() {
            [one] => Ok(one),
            [] => {
                let what = format!("no image is called {}", operand(name));
                if let Some(hint) = quoted_index(name) {
                    return Err(Problem::new("edition", what).hint(hint));
                }
                let names = images.iter().flat_map(names);
                Err(match nearest(name, names) {
                    Some(meant) => {
                        let have = listed(images);
                        Problem::new("edition", what).hint(format!(
                            "did you mean {}? the ISO has {have}",
                            operand(meant)
                        ))
                    }
                    None => problem(what),
                })
            }
            many => Err(ambiguous(name, many)),
        },
    }
}

/// The images that have a name: as their `NAME`, else as what Setup displays, else as their
/// edition. One that is a `NAME` is nothing else, for the names of some releases are what others
/// display: up to 24H2 some images of Windows 11 had Windows 10's.
fn called<'a>(images: &'a [Image], name: &str) -> Vec<&'a Image> {
    let same = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(name));
    let with = |text: fn(&Image) -> Option<&str>| {
        let found = images.iter().filter(|image| same(text(image)));
        found.collect::<Vec<_>>()
    };
    let kinds: [fn(&Image) -> Option<&str>; 3] = [
        |image| Some(&image.name),
        |image| image.display_name.as_deref(),
        |image| image.edition_id.as_deref(),
    ];
    let found = kinds.into_iter().map(with);
    found
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// What an image can be called.
fn names(image: &Image) -> impl Iterator<Item = &str> {
    let others = [image.display_name.as_deref(), image.edition_id.as_deref()];
    [Some(image.name.as_str())]
        .into_iter()
        .chain(others)
        .flatten()
}

fn ambiguous(name: &str, images: &[&Image]) -> Problem {
    let (count, name) = (images.len(), operand(name));
    let kind = |image: &&Image| image.installation_type.clone();
    let with_and_without_desktop = images.iter().any(|image| kind(image) != kind(&images[0]));
    let listed = listed(images.iter().copied());
    let problem = Problem::new("edition", format!("{count} images are called {name}"));
    if with_and_without_desktop {
        let hint = "say which by its index or name: one has a desktop, one has none";
        problem.hint(format!("{hint}; the ISO has {listed}"))
    } else {
        problem.hint(format!("say the index; the ISO has {listed}"))
    }
}

/// What to do about a name that is nothing but a number.
fn quoted_index(name: &str) -> Option<String> {
    let index: u32 = name.trim().parse().ok()?;
    Some(format!("an index is a number: `edition = {index};`"))
}

fn index_zero() -> Problem {
    Problem::new("edition", "no image has the index 0").hint("indexes begin with 1")
}

/// Whether an image can be installed at all.
fn suits(rules: &mut Rules<'_>, image: &Image) {
    let name = operand(&image.name);
    let theirs = operand(&image.architecture);
    let hint = "Microsoft has another ISO for each architecture; take the one for x64";
    if !ANSWERED.contains(&image.architecture.as_str()) {
        let what = format!("{name} is made for {theirs}, which Lucarne does not know");
        rules.problem_of(&["edition"], Problem::new("windowsIso", what).hint(hint));
    } else if image.architecture != ARCHITECTURE && rules.facts.purpose == Purpose::Install {
        let what = format!(
            "{name} is made for {theirs}, and machines of `{ARCHITECTURE}` alone are built: \
             `lucarne answer` writes its answer file, `media` and `install` cannot go on with it"
        );
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
fn listed<'a>(images: impl IntoIterator<Item = &'a Image>) -> String {
    let images = images.into_iter().map(|image| {
        let mut names: Vec<&str> = Vec::new();
        for name in self::names(image) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let names: Vec<_> = names.into_iter().map(operand).collect();
        let desktop = match image.installation_type.as_deref() {
            _ if !System::of(image).is_some_and(System::is_server) => "",
            Some("Server Core") => " without a desktop",
            _ => " with a desktop",
        };
        format!("{}: {}{desktop}", image.index, names.join(" or "))
    });
    images.collect::<Vec<_>>().join(", ")
}
