//! Rules of files and folders.

use lucarne_protocol::step::{Action, Delete, Directory, Encoding, File, LineEnds, Source};

use super::desk::Desk;
use super::payloads::HostKind;
use super::{paths, sddl, texts, vital};
use crate::problem::{attribute, operand};
use crate::spec::step;

/// A file, or a folder from the host.
pub(super) fn file(desk: &mut Desk<'_, '_>, at: &str, said: &step::File) -> (Action, String) {
    place(desk, at, &said.path);
    if said.text.is_some() && vital::is_folder(&said.path) {
        let what = format!("{} is a folder", operand(&said.path));
        desk.problem(&attribute(at, "path"), what, "name the file in it");
    }
    sddl::sddl(desk, &attribute(at, "sddl"), said.sddl.as_ref());
    let source = match (&said.text, &said.source) {
        (Some(text), None) => text_of(desk, at, said, text),
        (None, Some(source)) => {
            of_text_alone(desk, at, said);
            let at = attribute(at, "source");
            Source::Payload(desk.host(&at, source, HostKind::Any))
        }
        _ => {
            let what = "one of `text` and `source` says what it holds";
            let hint = match said.text {
                Some(_) => "leave the other out",
                None => "say one of them; an empty file has the text `\"\"`",
            };
            desk.problem_of_all(at, what, hint);
            Source::Text {
                text: String::new(),
                encoding: Encoding::Utf8,
                line_ends: LineEnds::Keep,
            }
        }
    };
    let name = format!("Write {}", said.path);
    let file = File {
        path: said.path.clone(),
        source,
        append: said.append.unwrap_or(false),
        sddl: said.sddl.clone(),
    };
    (Action::File(file), name)
}

fn place(desk: &mut Desk<'_, '_>, at: &str, path: &str) {
    let at = attribute(at, "path");
    paths::path(desk, &at, path);
    paths::of_data_disk(desk, &at, path);
    vital::written(desk, &at, path);
}

fn text_of(desk: &mut Desk<'_, '_>, at: &str, said: &step::File, text: &str) -> Source {
    texts::lines(desk, &attribute(at, "text"), text);
    texts::warn_of_key(desk, &attribute(at, "text"), text);
    let encoding = match said.encoding {
        None | Some(step::Encoding::Utf8) => Encoding::Utf8,
        Some(step::Encoding::Utf8Bom) => Encoding::Utf8Bom,
        Some(step::Encoding::Utf16) => Encoding::Utf16,
        Some(step::Encoding::Ansi) => Encoding::Ansi,
    };
    let line_ends = match said.line_ends {
        None | Some(step::LineEnds::Crlf) => LineEnds::Crlf,
        Some(step::LineEnds::Keep) => LineEnds::Keep,
    };
    Source::Text {
        text: text.to_owned(),
        encoding,
        line_ends,
    }
}

/// What means nothing for bytes that are copied as they are.
fn of_text_alone(desk: &mut Desk<'_, '_>, at: &str, said: &step::File) {
    for (name, is_said) in [
        ("encoding", said.encoding.is_some()),
        ("lineEnds", said.line_ends.is_some()),
        ("append", said.append == Some(true)),
    ] {
        if is_said {
            let hint = "leave it out: a `source` is copied as it is";
            desk.problem(&attribute(at, name), "is of `text` alone", hint);
        }
    }
}

/// A folder.
pub(super) fn directory(
    desk: &mut Desk<'_, '_>,
    at: &str,
    said: &step::Directory,
) -> (Action, String) {
    place(desk, at, &said.path);
    sddl::sddl(desk, &attribute(at, "sddl"), said.sddl.as_ref());
    let directory = Directory {
        path: said.path.clone(),
        sddl: said.sddl.clone(),
    };
    (Action::Directory(directory), format!("Make {}", said.path))
}

/// What is not to be there.
pub(super) fn delete(desk: &mut Desk<'_, '_>, at: &str, path: &str) -> (Action, String) {
    paths::pattern(desk, at, path);
    vital::removed(desk, at, path);
    let delete = Delete {
        path: path.to_owned(),
    };
    (Action::Delete(delete), format!("Remove {path}"))
}
