//! Tests of the parts of an answer file; `tests/cases` has whole ones.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::answer::{password, xml};
use crate::unattend::{Pass, component, leaf};

/// The vectors of Microsoft's pages and of answer files that are known to work.
#[test]
fn passwords_are_encoded_as_setup_wants_them() {
    let check = |password: &str, element: &str, encoded: &str| {
        assert_eq!(password::encode(password, element), encoded);
    };
    check(
        "pw",
        "AdministratorPassword",
        "cAB3AEEAZABtAGkAbgBpAHMAdAByAGEAdABvAHIAUABhAHMAcwB3AG8AcgBkAA==",
    );
    check(
        "password",
        "Password",
        "cABhAHMAcwB3AG8AcgBkAFAAYQBzAHMAdwBvAHIAZAA=",
    );
    check("", "Password", "UABhAHMAcwB3AG8AcgBkAA==");
    check("admin", "Password", "YQBkAG0AaQBuAFAAYQBzAHMAdwBvAHIAZAA=");
    check(
        "pw",
        "OfflineAdministratorPassword",
        "cAB3AE8AZgBmAGwAaQBuAGUAQQBkAG0AaQBuAGkAcwB0AHIAYQB0AG8AcgBQAGEAcwBzAHcAbwByAGQA",
    );
}

/// The text of a setting, as a reader of XML finds it.
fn read_back(document: &str) -> String {
    let mut reader = Reader::from_str(document);
    let mut inside = false;
    let mut text = String::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => inside = start.name().as_ref() == "Label",
            Event::Text(part) if inside => text += &part,
            Event::GeneralRef(part) if inside => {
                let entity = format!("&{};", &*part);
                text += &quick_xml::escape::unescape(&entity).expect("an entity");
            }
            Event::End(_) => inside = false,
            Event::Eof => return text,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever text the plan lets through arrives as it was.
    #[test]
    fn text_survives_the_writer(text in "[^\\p{Cc}\u{fffe}\u{ffff}]{1,40}") {
        let settings = component("Microsoft-Windows-Setup", vec![leaf("Label", text.as_str())]);
        let pass = Pass { name: "windowsPE", components: vec![settings] };
        let document = xml::write("amd64", &[pass]);
        prop_assert_eq!(read_back(&document), text);
    }

    /// Undoing the encoding gives the password and the element's name.
    #[test]
    fn passwords_can_be_decoded(text in ".{0,127}") {
        use base64::Engine as _;
        let encoded = password::encode(&text, "Password");
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64");
        let units: Vec<u16> = bytes.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
        prop_assert_eq!(String::from_utf16(&units).expect("UTF-16"), text + "Password");
    }
}
