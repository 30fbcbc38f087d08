//! A tree of elements as XML, through quick-xml's writer alone.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// An element with its attributes, and either elements or a text within.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
    text: String,
}

/// An empty one.
pub(super) fn element(name: &'static str) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        children: Vec::new(),
        text: String::new(),
    }
}

impl Element {
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    pub(super) fn all(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// A text. What XML has no way to say, an edition's name may hold: it is left out.
    pub(super) fn text(mut self, text: &str) -> Self {
        let plain = |c: &char| !c.is_control() && !('\u{fffe}'..='\u{ffff}').contains(c);
        self.text = text.chars().filter(plain).collect();
        self
    }
}

/// The document, with a comment before it, in which no two hyphens may meet.
pub(super) fn document(comment: &str, root: &Element) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let written = written(&mut writer, comment, root);
    written.unwrap_or_else(|error| unreachable!("memory takes every byte: {error}"));
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    text.push('\n');
    text
}

type Out = Writer<Vec<u8>>;

fn written(out: &mut Out, comment: &str, root: &Element) -> io::Result<()> {
    let comment = format!("\n{comment}\n");
    out.write_event(Event::Comment(BytesText::from_escaped(comment)))?;
    write(out, root)
}

fn write(out: &mut Out, one: &Element) -> io::Result<()> {
    let attributes = one.attributes.iter();
    let attributes = attributes.map(|(name, value)| (*name, value.as_str()));
    let start = BytesStart::new(one.name).with_attributes(attributes);
    if one.children.is_empty() && one.text.is_empty() {
        return out.write_event(Event::Empty(start));
    }
    out.write_event(Event::Start(start))?;
    if !one.text.is_empty() {
        out.write_event(Event::Text(BytesText::new(&one.text)))?;
    }
    for child in &one.children {
        write(out, child)?;
    }
    out.write_event(Event::End(BytesEnd::new(one.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_cannot_leave_their_place() {
        let child = element("b").text("<&\u{1}\u{ffff}> é");
        let root = element("a").with("c", "\"<&'").all([child, element("d")]);
        let expected = "<!--\nSays.\n-->\n<a c=\"&quot;&lt;&amp;&apos;\">\n  \
            <b>&lt;&amp;&gt; é</b>\n  <d/>\n</a>\n";
        assert_eq!(document("Says.", &root), expected);
    }
}
