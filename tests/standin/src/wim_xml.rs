//! The metadata in a WIM, and Setup's choice among its images.

use anyhow::{Context as _, Result, bail, ensure};
use quick_xml::{XmlVersion, events::Event, reader::Reader};

use crate::answer::windows_pe::Image as Wanted;

/// One image of a WIM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub index: u32,
    pub name: String,
    pub description: String,
    pub edition: String,
    pub default_language: String,
    pub build: u32,
}

/// Reads a WIM's XML, which is UTF-16 with a mark.
pub fn images(bytes: &[u8]) -> Result<Vec<Image>> {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|two| u16::from_le_bytes([two[0], two[1]]))
        .collect();
    let text = String::from_utf16(&units).context("a WIM's XML is not UTF-16")?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut images: Vec<Image> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event().context("a WIM's XML is broken")? {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                path.push(name);
                if path.join("/") == "WIM/IMAGE" {
                    let index = start
                        .try_get_attribute("INDEX")
                        .context("an image's index")?;
                    let index = index.context("an image without an index")?;
                    let text = index
                        .normalized_value(XmlVersion::Implicit1_0)
                        .context("an image's index")?;
                    images.push(Image {
                        index: text.parse().context("an image's index")?,
                        ..Image::default()
                    });
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => {
                if let Some(image) = images.last_mut() {
                    set(image, &path.join("/"), &text)?;
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    ensure!(!images.is_empty(), "a WIM without images");
    Ok(images)
}

fn set(image: &mut Image, path: &str, text: &str) -> Result<()> {
    match path.strip_prefix("WIM/IMAGE/").unwrap_or_default() {
        "NAME" => image.name.push_str(text),
        "DESCRIPTION" => image.description.push_str(text),
        "WINDOWS/EDITIONID" => image.edition.push_str(text),
        "WINDOWS/LANGUAGES/DEFAULT" => image.default_language.push_str(text),
        "WINDOWS/VERSION/BUILD" => image.build = text.parse().context("an image's build")?,
        _ => {}
    }
    Ok(())
}

/// The image that everything in the answer file fits; none or several is an error.
pub fn choose<'a>(images: &'a [Image], wanted: &Wanted) -> Result<&'a Image> {
    let fits = |image: &&Image| {
        wanted.index.is_none_or(|index| index == image.index)
            && wanted.name.as_ref().is_none_or(|name| *name == image.name)
            && wanted
                .description
                .as_ref()
                .is_none_or(|text| *text == image.description)
            && wanted
                .edition
                .as_ref()
                .is_none_or(|edition| *edition == image.edition)
    };
    let found: Vec<&Image> = images.iter().filter(fits).collect();
    match found[..] {
        [image] => Ok(image),
        [] => bail!("no image is what the answer file wants"),
        _ => bail!("{} images are what the answer file wants", found.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml() -> Vec<u8> {
        let one = |index, name, edition| {
            format!(
                "<IMAGE INDEX=\"{index}\"><NAME>{name}</NAME><DISPLAYNAME>x</DISPLAYNAME>\
                 <WINDOWS><EDITIONID>{edition}</EDITIONID><LANGUAGES><DEFAULT>en-US</DEFAULT>\
                 </LANGUAGES><VERSION><BUILD>26200</BUILD></VERSION></WINDOWS></IMAGE>"
            )
        };
        let text = format!(
            "\u{feff}<WIM><TOTALBYTES>1</TOTALBYTES>{}{}</WIM>",
            one(1, "A", "Core"),
            one(2, "B", "Professional")
        );
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn an_image_is_chosen_by_everything_that_is_said() {
        let images = images(&xml()).expect("read");
        assert_eq!((images[1].index, images[1].build), (2, 26200));
        let mut wanted = Wanted {
            name: Some("B".into()),
            ..Wanted::default()
        };
        assert_eq!(choose(&images, &wanted).expect("chosen").index, 2);
        wanted.edition = Some("Core".into());
        assert!(
            choose(&images, &wanted).is_err(),
            "the key is another edition's"
        );
        wanted.name = Some("x".into());
        assert!(
            choose(&images, &wanted).is_err(),
            "the display name is no name"
        );
        assert!(choose(&images, &Wanted::default()).is_err(), "two fit");
    }
}
