//! The XML of a WIM: what is read of each `IMAGE`.

use anyhow::{Context as _, bail, ensure};
use quick_xml::events::{BytesStart, Event};

use super::{Image, release};

/// No element that matters is deeper than six.
const DEPTH_MAX: usize = 32;
/// A multi-edition ISO has about a dozen.
const IMAGES_MAX: usize = 256;
/// A name or a number; descriptions are shorter too.
const TEXT_BYTES_MAX: usize = 4096;
/// Server and client ISOs have one; the ones with all languages about 40.
const LANGUAGES_MAX: usize = 256;

/// Reads every `IMAGE`, in the order of the indexes.
pub fn images(text: &str) -> anyhow::Result<Vec<Image>> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut images: Vec<Image> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    loop {
        match reader.read_event().context("it is not well-formed")? {
            Event::Start(start) => {
                ensure!(path.len() < DEPTH_MAX, "it is nested too deeply");
                path.push(start.name().as_ref().to_owned());
                value.clear();
                if path == ["WIM", "IMAGE"] {
                    ensure!(images.len() < IMAGES_MAX, "it has too many images");
                    images.push(Image {
                        index: index(&start)?,
                        ..Image::default()
                    });
                }
            }
            Event::Text(text) => value.push_str(&text.xml10_content()),
            Event::CData(text) => value.push_str(&text.xml10_content()),
            Event::GeneralRef(name) => value.push(reference(&name)?),
            Event::End(_) => {
                if let (Some(image), ["WIM", "IMAGE", rest @ ..]) =
                    (images.last_mut(), strings(&path).as_slice())
                {
                    set(image, rest, value.trim())
                        .with_context(|| format!("image {}: `{}`", image.index, rest.join("/")))?;
                }
                path.pop();
                value.clear();
            }
            Event::Eof => break,
            _ => {}
        }
        ensure!(value.len() <= TEXT_BYTES_MAX, "it has an endless value");
    }
    ensure!(path.is_empty(), "it ends too early");
    finish(images)
}

fn strings(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// What every image must have is there, and each index is once.
fn finish(mut images: Vec<Image>) -> anyhow::Result<Vec<Image>> {
    images.sort_by_key(|image| image.index);
    for pair in images.windows(2) {
        ensure!(
            pair[0].index != pair[1].index,
            "it has two images {}",
            pair[0].index
        );
    }
    for image in &mut images {
        if image.name.is_empty() {
            // Setup can still be told the index.
            image.name = format!("Image {}", image.index);
        }
        image.evaluation = release::is_evaluation(image);
    }
    Ok(images)
}

fn index(start: &BytesStart<'_>) -> anyhow::Result<u32> {
    let attribute = start
        .try_get_attribute("INDEX")
        .context("it is not well-formed")?
        .context("an `IMAGE` has no `INDEX`")?;
    let index: &str = &attribute.value;
    match index.parse() {
        Ok(0) | Err(_) => bail!("an `IMAGE` has the index `{}`", index.escape_debug()),
        Ok(index) => Ok(index),
    }
}

/// The five entities of XML and characters by number; a WIM declares no others.
fn reference(name: &quick_xml::events::BytesRef<'_>) -> anyhow::Result<char> {
    if let Some(character) = name.resolve_char_ref().context("it is not well-formed")? {
        return Ok(character);
    }
    Ok(match &*name.xml10_content() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => bail!("it has an unknown entity"),
    })
}

fn set(image: &mut Image, path: &[&str], value: &str) -> anyhow::Result<()> {
    let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
    let number = || value.parse::<u64>().context("it is not a number");
    match path {
        ["NAME"] => value.clone_into(&mut image.name),
        ["DISPLAYNAME"] => image.display_name = text(),
        ["DESCRIPTION"] => image.description = text(),
        ["TOTALBYTES"] => image.total_bytes = number()?,
        ["HARDLINKBYTES"] => image.hard_link_bytes = number()?,
        ["WINDOWS", "ARCH"] => image.architecture = architecture(value)?,
        ["WINDOWS", "EDITIONID"] => image.edition_id = text(),
        ["WINDOWS", "INSTALLATIONTYPE"] => image.installation_type = text(),
        ["WINDOWS", "LANGUAGES", "LANGUAGE"] => {
            ensure!(image.languages.len() < LANGUAGES_MAX, "there are too many");
            image.languages.extend(text());
        }
        ["WINDOWS", "LANGUAGES", "DEFAULT"] => image.default_language = text(),
        ["WINDOWS", "VERSION", "MAJOR"] => image.version.0 = u32::try_from(number()?)?,
        ["WINDOWS", "VERSION", "MINOR"] => image.version.1 = u32::try_from(number()?)?,
        ["WINDOWS", "VERSION", "BUILD"] => image.version.2 = u32::try_from(number()?)?,
        ["WINDOWS", "VERSION", "SPBUILD"] => image.revision = Some(u32::try_from(number()?)?),
        _ => {}
    }
    Ok(())
}

/// `PROCESSOR_ARCHITECTURE_…` of winnt.h in the answer file's words.
fn architecture(value: &str) -> anyhow::Result<String> {
    Ok(match value {
        "0" => "x86",
        "5" => "arm",
        "9" => "amd64",
        "12" => "arm64",
        _ => bail!("the architecture `{}` is unknown", value.escape_debug()),
    }
    .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What `DISM` writes, as short as it can be.
    const TWO: &str = "<WIM><TOTALBYTES>9</TOTALBYTES>\
        <IMAGE INDEX=\"2\"><NAME>Pro &amp; co&#x21;</NAME><WINDOWS><ARCH>9</ARCH></WINDOWS></IMAGE>\
        <IMAGE INDEX=\"1\"><TOTALBYTES>15842375432</TOTALBYTES>\
        <HARDLINKBYTES>6532842342</HARDLINKBYTES><WINDOWS><ARCH>9</ARCH>\
        <EDITIONID>Professional</EDITIONID><INSTALLATIONTYPE>Client</INSTALLATIONTYPE>\
        <LANGUAGES><LANGUAGE>de-DE</LANGUAGE><LANGUAGE>en-US</LANGUAGE><DEFAULT>de-DE</DEFAULT>\
        </LANGUAGES><VERSION><MAJOR>10</MAJOR><MINOR>0</MINOR><BUILD>26100</BUILD>\
        <SPBUILD>1742</SPBUILD></VERSION></WINDOWS><NAME>Windows 11 Pro</NAME>\
        <DESCRIPTION>Windows 11 Pro (sagen)</DESCRIPTION>\
        <DISPLAYNAME>Windows 11 Pro (anzeigen)</DISPLAYNAME></IMAGE></WIM>";

    #[test]
    fn images_come_in_the_order_of_their_indexes() {
        let images = images(TWO).expect("two images");
        assert_eq!(
            images[0],
            Image {
                index: 1,
                name: "Windows 11 Pro".into(),
                display_name: Some("Windows 11 Pro (anzeigen)".into()),
                description: Some("Windows 11 Pro (sagen)".into()),
                edition_id: Some("Professional".into()),
                installation_type: Some("Client".into()),
                architecture: "amd64".into(),
                version: (10, 0, 26100),
                revision: Some(1742),
                languages: vec!["de-DE".into(), "en-US".into()],
                default_language: Some("de-DE".into()),
                total_bytes: 15_842_375_432,
                hard_link_bytes: 6_532_842_342,
                evaluation: false,
            }
        );
        assert_eq!((images[1].index, &*images[1].name), (2, "Pro & co!"));
        assert_eq!(images.len(), 2);
    }

    #[test]
    fn hostile_xml_is_refused() {
        let refused = |text: &str, why: &str| {
            let error = format!("{:#}", images(text).expect_err(why));
            assert!(error.contains(why), "{error}");
        };
        let image = |attributes: &str, inside: &str| {
            format!(
                "<WIM><IMAGE {attributes}><WINDOWS><ARCH>9</ARCH></WINDOWS>{inside}</IMAGE></WIM>"
            )
        };
        refused(&"<a>".repeat(50), "nested");
        refused("<WIM><IMAGE INDEX=\"1\">", "too early");
        refused("<WIM><IMAGE></IMAGE></WIM>", "no `INDEX`");
        refused(&image("INDEX=\"0\"", ""), "the index `0`");
        refused(&image("INDEX=\"-1\"", ""), "the index `-1`");
        refused(&image("INDEX=\"1\"", "<NAME>&evil;</NAME>"), "entity");
        refused(
            &image("INDEX=\"1\"", "<TOTALBYTES>x</TOTALBYTES>"),
            "number",
        );
        refused(&image("INDEX=\"1\"", &"x".repeat(5000)), "endless");
        refused(&TWO.replace("\"2\"", "\"1\""), "two images 1");
        let many = "<IMAGE INDEX=\"1\"></IMAGE>".repeat(300);
        refused(&format!("<WIM>{many}</WIM>"), "too many images");
        refused(&TWO.replace("<ARCH>9", "<ARCH>7"), "architecture `7`");
    }

    proptest! {
        #[test]
        fn no_text_panics(
            text in "(<(/?(WIM|IMAGE|NAME|ARCH)( INDEX=\"[0-9]{0,2}\")?)>|[a-z&;#<\"]){0,40}"
        ) {
            let _ = images(&text);
        }

        #[test]
        fn no_damage_panics(at in 0..TWO.len(), with in ".") {
            let mut text = TWO.to_owned();
            text.replace_range(at..=at, &with);
            let _ = images(&text);
        }
    }
}
