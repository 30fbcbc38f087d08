//! An answer file as a tree, read by a real XML parser and checked for Setup's envelope.

use anyhow::{Context as _, Result, bail, ensure};
use quick_xml::{
    XmlVersion,
    events::{BytesStart, Event},
    name::ResolveResult,
    reader::NsReader,
};

/// The namespace of everything in an answer file.
pub const UNATTEND: &str = "urn:schemas-microsoft-com:unattend";
/// The namespace of `wcm:action` and `wcm:keyValue`.
pub const WCM: &str = "http://schemas.microsoft.com/WMIConfig/2002/State";

/// More than any answer file has; a deeper one is not read on.
const DEEPEST: usize = 32;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    /// Attributes by local name; those of the `wcm` namespace with the prefix `wcm:`.
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// The text directly inside, trimmed.
    pub text: String,
}

impl Element {
    /// The one child of a name; two of them are an error of the file.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of a name, in their order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at a path of names below this one.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Element> {
        path.split('/')
            .try_fold(self, |element, name| element.child(name))
    }

    /// The text of the element at a path.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str())
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads an answer file's bytes.
pub fn read(bytes: &[u8]) -> Result<Element> {
    let text = std::str::from_utf8(bytes).context("the answer file is not UTF-8")?;
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().context("not well-formed XML")?;
        match event {
            Event::Start(start) => {
                ensure!(open.len() < DEEPEST, "elements nested too deeply");
                ensure!(root.is_none(), "a second root element");
                open.push(element(&reader, &start)?);
            }
            Event::Empty(start) => {
                let element = element(&reader, &start)?;
                close(element, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let mut element = open.pop().context("an end without a start")?;
                element.text = element.text.trim().into();
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => {
                add_text(&text, &mut open)?;
            }
            Event::CData(text) => {
                add_text(&text, &mut open)?;
            }
            Event::GeneralRef(name) => {
                let text = if let Some(character) = name
                    .resolve_char_ref()
                    .context("an impossible character reference")?
                {
                    character.to_string()
                } else {
                    quick_xml::escape::resolve_predefined_entity(&name)
                        .with_context(|| format!("an unknown entity `{}`", &*name))?
                        .to_owned()
                };
                add_text(&text, &mut open)?;
            }
            Event::DocType(_) => bail!("a document type, which Setup does not read"),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    ensure!(open.is_empty(), "the answer file ends inside an element");
    root.context("the answer file has no element")
}

fn add_text(text: &str, open: &mut [Element]) -> Result<()> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None => ensure!(text.trim().is_empty(), "text outside the root element"),
    }
    Ok(())
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<()> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => bail!("a second root element"),
    }
    Ok(())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element> {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let name = local.as_ref().to_owned();
    let bound = matches!(namespace, ResolveResult::Bound(space) if space.0 == UNATTEND);
    ensure!(bound, "`{name}` is not in the namespace `{UNATTEND}`");
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.with_context(|| format!("a broken attribute of `{name}`"))?;
        let key = attribute.key;
        if key.as_namespace_binding().is_some() {
            continue;
        }
        let (space, local) = reader.resolver().resolve_attribute(key);
        let local = local.as_ref().to_owned();
        let local = match space {
            ResolveResult::Bound(space) if space.0 == WCM => format!("wcm:{local}"),
            ResolveResult::Unbound => local,
            _ => bail!("`{local}` of `{name}` is in a namespace that Setup does not know"),
        };
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .with_context(|| format!("a broken value of `{local}`"))?;
        attributes.push((local, value.into_owned()));
    }
    Ok(Element {
        name,
        attributes,
        ..Element::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(inside: &str) -> String {
        format!("<unattend xmlns=\"{UNATTEND}\" xmlns:wcm=\"{WCM}\">{inside}</unattend>")
    }

    #[test]
    fn a_file_is_read_with_its_references_and_attributes() {
        let text = root("<a wcm:action=\"add\" name=\"x &amp; y\"><b> 1 &lt; &#x32; </b><b/></a>");
        let tree = read(text.as_bytes()).expect("well-formed");
        let a = tree.child("a").expect("a");
        assert_eq!(a.attribute("wcm:action"), Some("add"));
        assert_eq!(a.attribute("name"), Some("x & y"));
        assert_eq!(tree.text_at("a/b"), Some("1 < 2"));
        assert_eq!(a.all("b").count(), 2);
    }

    #[test]
    fn what_is_no_answer_file_is_refused() {
        let wrong = [
            String::new(),
            "<unattend/>".into(),
            root("<a>"),
            root("<a></b>"),
            root("<a xmlns=\"urn:other\"/>"),
            root("<a x:action=\"add\" xmlns:x=\"urn:other\"/>"),
            root("&nbsp;"),
            root("") + &root(""),
            root("") + "text",
            format!("<!DOCTYPE unattend>{}", root("")),
            root(&("<a>".repeat(40) + &"</a>".repeat(40))),
        ];
        for text in wrong {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read(&[0xff, 0xfe, b'<', 0]).is_err(), "UTF-16");
    }
}
