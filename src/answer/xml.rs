//! The tree as XML, through quick-xml's writer alone.

use std::io;

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::unattend::{Component, Content, Kind, Node, Pass};

const NAMESPACE: &str = "urn:schemas-microsoft-com:unattend";
/// The namespace of `wcm:action` and `wcm:keyValue`.
const NAMESPACE_WCM: &str = "http://schemas.microsoft.com/WMIConfig/2002/State";

/// The document of some passes; one without components is left out. Setup passes over components
/// that are not for the image's architecture.
pub(super) fn write(architecture: &str, passes: &[Pass]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    document(&mut writer, architecture, passes).expect("memory takes every byte");
    let mut text = String::from_utf8(writer.into_inner()).expect("text was written");
    text.push('\n');
    text
}

type Out = Writer<Vec<u8>>;

fn document(out: &mut Out, architecture: &str, passes: &[Pass]) -> io::Result<()> {
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let root = BytesStart::new("unattend")
        .with_attributes([("xmlns", NAMESPACE), ("xmlns:wcm", NAMESPACE_WCM)]);
    out.write_event(Event::Start(root))?;
    for pass in passes.iter().filter(|pass| !pass.components.is_empty()) {
        let start = BytesStart::new("settings").with_attributes([("pass", pass.name)]);
        out.write_event(Event::Start(start))?;
        for one in &pass.components {
            component(out, architecture, one)?;
        }
        out.write_event(Event::End(BytesEnd::new("settings")))?;
    }
    out.write_event(Event::End(BytesEnd::new("unattend")))
}

fn component(out: &mut Out, architecture: &str, component: &Component) -> io::Result<()> {
    let start = BytesStart::new("component").with_attributes([
        ("name", component.name),
        ("processorArchitecture", architecture),
        ("publicKeyToken", "31bf3856ad364e35"),
        ("language", "neutral"),
        ("versionScope", "nonSxS"),
    ]);
    out.write_event(Event::Start(start))?;
    for setting in &component.settings {
        node(out, setting)?;
    }
    out.write_event(Event::End(BytesEnd::new("component")))
}

fn node(out: &mut Out, node: &Node) -> io::Result<()> {
    let mut start = BytesStart::new(node.name);
    if let Kind::Item | Kind::Keyed(_) = &node.kind {
        start.push_attribute(("wcm:action", "add"));
    }
    if let Kind::Keyed(key) = &node.kind {
        start.push_attribute(("wcm:keyValue", key.as_str()));
    }
    out.write_event(Event::Start(start))?;
    match &node.content {
        Content::Text(text) => {
            out.write_event(Event::Text(BytesText::from_escaped(partial_escape(text))))?;
        }
        Content::Nodes(nodes) => {
            for inner in nodes {
                self::node(out, inner)?;
            }
        }
    }
    out.write_event(Event::End(BytesEnd::new(node.name)))
}
