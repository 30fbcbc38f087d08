//! Texts for other engines: golden files of images in folders (`tests/exports/NAME`).
//!
//! `cargo xtask test export/texts` has these files read by the engines' own schemas.

use std::fs;

use expect_test::expect_file;
use lucarne::export::{Facts, Format};
use lucarne::manifest::Manifest;

use crate::{folders, read};

/// Those whose engines make a machine of a text.
const FORMATS: [Format; 4] = [
    Format::Kubevirt,
    Format::Libvirt,
    Format::Lima,
    Format::Proxmox,
];

/// Each format's texts of each image, or why it has none.
#[test]
fn images_give_their_texts() {
    for folder in folders("tests/exports") {
        let manifest = Manifest::parse(&read(&folder.join("manifest.json"))).expect("a manifest");
        let image = Facts::new(&manifest, &"66".repeat(32));
        let mut expected = vec!["manifest.json".to_owned()];
        for format in FORMATS {
            let name = format.as_str();
            let texts = match format.facts(image.clone()) {
                Ok(image) => format.texts(&image),
                Err(problems) => vec![("problem.txt".to_owned(), format!("{problems}\n"))],
            };
            let again = format
                .facts(image.clone())
                .map(|image| format.texts(&image));
            assert!(
                again.is_err() || again.is_ok_and(|again| again == texts),
                "{name}"
            );
            if !texts.is_empty() {
                expected.push(name.to_owned());
                if std::env::var_os("UPDATE_EXPECT").is_some() {
                    fs::create_dir_all(folder.join(name)).expect("a folder for the texts");
                }
            }
            for (file, text) in texts {
                assert!(
                    text.ends_with('\n') && !text.contains('\r'),
                    "{name}: {file}"
                );
                expect_file![folder.join(name).join(file)].assert_eq(&text);
            }
        }
        let found = fs::read_dir(&folder).expect("the folder can be listed");
        let found = found.map(|entry| entry.expect("an entry").file_name());
        let mut found: Vec<_> = found
            .map(|name| name.into_string().expect("UTF-8"))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{}", folder.display());
    }
}
