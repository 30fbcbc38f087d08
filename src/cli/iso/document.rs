//! What `lucarne iso --json` prints.

use serde::Serialize;

use super::hash::Hash;
use super::known::Known;
use crate::windows_iso::boot::Boots;
use crate::windows_iso::{BootImage, Files, Image as Found, Kind, Release, WindowsIso};

/// One object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    /// The volume's label; none of a folder or a WIM by itself.
    volume: Option<&'a str>,
    /// None of a folder.
    size_bytes: Option<u64>,
    files: Files,
    /// `None` where the images differ.
    kind: Option<Kind>,
    /// `None` where the images differ, or are of an older Windows.
    release: Option<Release>,
    boot_images: Boots,
    /// The boot catalogue's entries, which `bootImages` sums up.
    boot_entries: &'a [BootImage],
    install_file: &'a str,
    images: Vec<Image<'a>>,
    ei_cfg: Option<EiCfg<'a>>,
    /// Whether `sources/PID.txt` holds a product key, which stays there.
    product_key: bool,
    /// What of these two files could not be understood, and is taken as absent.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    passed_over: &'a [String],
    /// Only when it was asked for, as Nix writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// The known ISO's name; only with `hash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
    index: u32,
    name: &'a str,
    display_name: Option<&'a str>,
    description: Option<&'a str>,
    /// `EDITIONID`.
    edition: Option<&'a str>,
    installation_type: Option<&'a str>,
    architecture: &'a str,
    build: u32,
    /// With the update that it holds, where that is told.
    version: String,
    languages: &'a [String],
    default_language: Option<&'a str>,
    /// Counts a hard link as often as it occurs.
    total_bytes: u64,
    evaluation: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EiCfg<'a> {
    edition_id: Option<&'a str>,
    channel: Option<&'a str>,
    volume_license: Option<bool>,
}

pub(super) fn of<'a>(
    iso: &'a WindowsIso,
    hash: Option<&Hash>,
    known: Option<&'a Known>,
) -> Document<'a> {
    Document {
        volume: Some(iso.label.as_str()).filter(|label| !label.is_empty()),
        size_bytes: iso.bytes,
        files: iso.files,
        kind: iso.kind(),
        release: iso.release(),
        boot_images: iso.boots,
        boot_entries: &iso.boot_images,
        install_file: &iso.install_file,
        images: iso.images.iter().map(image).collect(),
        ei_cfg: iso.ei_cfg.as_ref().map(|ei_cfg| EiCfg {
            edition_id: ei_cfg.edition_id.as_deref(),
            channel: ei_cfg.channel.as_deref(),
            volume_license: ei_cfg.volume_license,
        }),
        product_key: iso.pid.is_some(),
        passed_over: &iso.passed_over,
        hash: hash.map(Hash::sri),
        known: known.map(|known| known.name.as_str()),
    }
}

fn image(image: &Found) -> Image<'_> {
    Image {
        index: image.index,
        name: &image.name,
        display_name: image.display_name.as_deref(),
        description: image.description.as_deref(),
        edition: image.edition_id.as_deref(),
        installation_type: image.installation_type.as_deref(),
        architecture: &image.architecture,
        build: image.version.2,
        version: image.version_text(),
        languages: &image.languages,
        default_language: image.default_language.as_deref(),
        total_bytes: image.total_bytes,
        evaluation: image.evaluation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows_iso;

    fn iso() -> WindowsIso {
        WindowsIso {
            files: Files::Joliet,
            bytes: Some(4096),
            label: "SSS_X64FREE_EN-US_DV9".into(),
            install_file: "sources/install.wim".into(),
            boots: Boots {
                bios: true,
                uefi: true,
                uefi_no_prompt: false,
            },
            images: vec![Found {
                index: 1,
                name: "Windows Server 2025 Standard Evaluation".into(),
                edition_id: Some("ServerStandardEval".into()),
                installation_type: Some("Server Core".into()),
                architecture: "amd64".into(),
                version: (10, 0, 26100),
                revision: Some(1742),
                languages: vec!["en-US".into()],
                default_language: Some("en-US".into()),
                total_bytes: 9,
                evaluation: true,
                ..Found::default()
            }],
            ei_cfg: Some(windows_iso::EiCfg {
                channel: Some("eval".into()),
                ..windows_iso::EiCfg::default()
            }),
            pid: Some("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE".into()),
            passed_over: vec!["`sources/PID.txt`: odd".into()],
            ..WindowsIso::default()
        }
    }

    #[test]
    fn the_object_has_its_fields() {
        let iso = iso();
        let text = serde_json::to_string_pretty(&of(&iso, None, None)).expect("JSON");
        assert!(!text.contains("AAAAA"), "the key stays where it is");
        expect_test::expect![[r#"
            {
              "volume": "SSS_X64FREE_EN-US_DV9",
              "sizeBytes": 4096,
              "files": "joliet",
              "kind": "server",
              "release": "2025",
              "bootImages": {
                "bios": true,
                "uefi": true,
                "uefiNoPrompt": false
              },
              "bootEntries": [],
              "installFile": "sources/install.wim",
              "images": [
                {
                  "index": 1,
                  "name": "Windows Server 2025 Standard Evaluation",
                  "displayName": null,
                  "description": null,
                  "edition": "ServerStandardEval",
                  "installationType": "Server Core",
                  "architecture": "amd64",
                  "build": 26100,
                  "version": "10.0.26100.1742",
                  "languages": [
                    "en-US"
                  ],
                  "defaultLanguage": "en-US",
                  "totalBytes": 9,
                  "evaluation": true
                }
              ],
              "eiCfg": {
                "editionId": null,
                "channel": "eval",
                "volumeLicense": null
              },
              "productKey": true,
              "passedOver": [
                "`sources/PID.txt`: odd"
              ]
            }"#]]
        .assert_eq(&text);
    }
}
