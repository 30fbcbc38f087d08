//! The pictures of a terminal: whole, with no link out of them, each on a page, and in the words
//! of this program.

use std::fs;
use std::path::Path;

use lucarne::progress::Stage;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

use super::{links, pages, target};
use crate::{read, repository};

const FOLDER: &str = "docs/pictures";
const AGAIN: &str = "is of another time: `cargo xtask pictures` makes it again";

/// The pictures as SVG, by their path.
fn drawn() -> Vec<(String, String)> {
    let entries = fs::read_dir(repository(FOLDER)).expect("the folder can be listed");
    let names = entries.map(|entry| entry.expect("is there").file_name());
    let names = names.map(|name| name.into_string().expect("names are UTF-8"));
    let names = names.filter(|name| Path::new(name).extension() == Some("svg".as_ref()));
    let file = |name: String| {
        let path = format!("{FOLDER}/{name}");
        let text = read(&repository(&path));
        (path, text)
    };
    let mut found: Vec<_> = names.map(file).collect();
    found.sort();
    found
}

/// What an element says, for each element of a name.
fn said(svg: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(svg);
    let mut found = Vec::new();
    let mut inside = false;
    loop {
        match reader.read_event().expect("XML") {
            Event::Eof => return found,
            Event::Start(tag) if tag.name().as_ref() == name => {
                inside = true;
                found.push(String::new());
            }
            Event::End(tag) if tag.name().as_ref() == name => inside = false,
            Event::Text(part) if inside => {
                found.last_mut().expect("a start").push_str(&part);
            }
            Event::GeneralRef(part) if inside => {
                let entity = format!("&{};", &*part);
                let text = unescape(&entity).expect("an entity");
                found.last_mut().expect("a start").push_str(&text);
            }
            _ => {}
        }
    }
}

#[test]
fn each_picture_is_on_a_page_and_leads_nowhere() {
    let mut shown = Vec::new();
    let mut all = pages("docs");
    all.insert("README.md".to_owned());
    for page in all {
        let text = read(&repository(&page));
        shown.extend(links(&text).into_iter().map(|link| target(&page, link)));
    }
    let drawn = drawn();
    assert!(drawn.len() >= 3, "{} pictures", drawn.len());
    for (path, svg) in drawn {
        assert!(shown.contains(&path), "{path} is on no page");
        let title = said(&svg, "title").concat();
        assert!(title.starts_with("A terminal: "), "{path}: {title:?}");
        // Who looks at it asks nobody for anything: a name space is no address.
        let own = svg.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for word in [
            "://", "href", "url(", "@", "<script", "<style", "<image", "<foreign",
        ] {
            let markup = own.split('>').filter_map(|piece| piece.rsplit('<').next());
            let found = markup
                .filter(|markup| format!("<{markup}").contains(word))
                .count();
            assert_eq!(found, 0, "{path} has `{word}`");
        }
    }
}

/// The phases that a picture shows, which are the progress' own, in its order.
fn phases<'a>(path: &str, rows: &'a [String]) -> Vec<&'a str> {
    let shown = rows.iter().filter_map(|row| row.split_once("] phase `"));
    let shown: Vec<_> = shown.map(|(_, name)| name.trim_end_matches('`')).collect();
    let today = Stage::ALL.map(Stage::as_str);
    // The media of a Nix build are another build's.
    assert!(
        shown.len() > 5 && today.windows(shown.len()).any(|part| part == shown),
        "{path} {AGAIN}: {shown:?}"
    );
    shown
}

#[test]
fn the_demo_is_shown_in_todays_words() {
    let path = format!("{FOLDER}/demo.svg");
    let mut rows = said(&read(&repository(&path)), "text");
    // Nix' own line says the last one again.
    rows.retain(|row| row.contains("> [") && !row.starts_with('['));
    phases(&path, &rows);
}

/// The bar tells the last phase that was told.
#[test]
fn an_install_is_shown_in_todays_words() {
    let path = format!("{FOLDER}/install.svg");
    let rows = said(&read(&repository(&path)), "text");
    let phases = phases(&path, &rows);
    let bar = rows.last().expect("a row");
    let time = bar
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] ="));
    let told = bar.split_once("% ").map(|(_, told)| told);
    let stage = told.and_then(|told| told.split([',', ':']).next());
    assert!(
        time.is_some_and(|(time, _)| time.contains(':')),
        "{path} {AGAIN}: {bar}"
    );
    assert_eq!(stage, phases.last().copied(), "{path} {AGAIN}: {bar}");
}
