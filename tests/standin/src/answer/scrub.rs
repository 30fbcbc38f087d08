//! Takes the passwords out of an answer file, as Windows does with the one that it keeps.

use anyhow::{Context as _, Result};
use quick_xml::{
    events::{BytesText, Event},
    reader::Reader,
    writer::Writer,
};

/// What stands in a password's place.
const GONE: &str = "*SENSITIVE*DATA*DELETED*";

/// The file without its passwords.
pub fn passwords(bytes: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(bytes).context("the answer file is not UTF-8")?;
    let mut reader = Reader::from_str(text);
    let mut writer = Writer::new(Vec::new());
    let mut inside = 0u32;
    loop {
        let event = reader.read_event().context("the answer file is broken")?;
        match &event {
            Event::Start(start) if inside > 0 || is_password(start.name().as_ref()) => {
                inside += 1;
                if inside == 1 {
                    writer
                        .write_event(event.borrow())
                        .context("cannot write XML")?;
                    let gone = Event::Text(BytesText::new(GONE));
                    writer.write_event(gone).context("cannot write XML")?;
                }
            }
            Event::End(_) if inside > 0 => {
                inside -= 1;
                if inside == 0 {
                    writer.write_event(event).context("cannot write XML")?;
                }
            }
            Event::Eof => return Ok(writer.into_inner()),
            _ if inside > 0 => {}
            _ => writer.write_event(event).context("cannot write XML")?,
        }
    }
}

fn is_password(name: &str) -> bool {
    name.rsplit(':')
        .next()
        .is_some_and(|local| local.ends_with("Password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_passwords_are_taken_out() {
        let text = "<a><Password><Value>c2VjcmV0</Value><PlainText>false</PlainText></Password>\
                    <b x=\"1\">kept</b><AdministratorPassword><Value>eA==</Value>\
                    </AdministratorPassword></a>";
        let clean = passwords(text.as_bytes()).expect("read");
        let clean = String::from_utf8(clean).expect("UTF-8");
        assert!(!clean.contains("c2VjcmV0") && !clean.contains("eA=="));
        assert!(clean.contains("<b x=\"1\">kept</b>"));
        assert_eq!(clean.matches(GONE).count(), 2);
    }
}
