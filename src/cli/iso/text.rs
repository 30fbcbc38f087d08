//! What `lucarne iso` tells people. What the ISO says is escaped: its text may hold what a
//! terminal obeys.

use std::fmt::Write as _;

use crate::windows_iso::{Files, Image, Kind, WindowsIso};

/// The name is the longest, so it is the last.
const HEAD: [&str; 8] = [
    "index",
    "edition",
    "type",
    "arch",
    "version",
    "languages",
    "size",
    "name",
];

pub(super) fn of(iso: &WindowsIso) -> String {
    let mut out = head(iso);
    _ = writeln!(out, "\nimages in {}", iso.install_file.escape_debug());
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(iso.images.iter().map(row));
    table(&mut out, &rows);
    for image in &iso.images {
        if let Some(shown) = image.display_name.as_ref().filter(|n| **n != image.name) {
            let (name, shown) = (image.name.escape_debug(), shown.escape_debug());
            _ = writeln!(out, "  Setup shows `{name}` as `{shown}`");
        }
    }
    setup_files(&mut out, iso);
    boot(&mut out, iso);
    out
}

fn head(iso: &WindowsIso) -> String {
    let files = match iso.files {
        Files::Udf => "UDF",
        Files::Joliet => "ISO 9660 with Joliet names",
        Files::Iso9660 => "ISO 9660",
        Files::Directory => "a folder",
        Files::Wim => "a WIM by itself",
    };
    let kind = match iso.kind() {
        Some(Kind::Client) => "a client",
        Some(Kind::Server) => "a server",
        None => "images of several kinds",
    };
    let mut out = String::new();
    if !iso.label.is_empty() {
        _ = writeln!(out, "{}", iso.label.escape_debug());
    }
    let size = iso.bytes.map(|bytes| format!(", {} MiB", bytes >> 20));
    _ = writeln!(out, "{files}{}", size.unwrap_or_default());
    let release = iso.release().map_or("not a known Windows", |r| r.name());
    _ = writeln!(out, "{release}, {kind}");
    if iso.images.iter().any(|image| image.evaluation) {
        out.push_str("evaluation media: they take no product key, and end working\n");
    }
    out
}

fn row(image: &Image) -> [String; 8] {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    // Hard links are counted as often as they occur, so the total alone is too much.
    let bytes = image.total_bytes.saturating_sub(image.hard_link_bytes);
    [
        image.index.to_string(),
        text(&image.edition_id),
        text(&image.installation_type),
        image.architecture.clone(),
        image.version_text(),
        image.languages.join(" "),
        format!("{} MiB", bytes >> 20),
        image.name.clone(),
    ]
    .map(|cell| cell.escape_debug().to_string())
}

/// Columns as wide as their longest cell; numbers to the right.
fn table(out: &mut String, rows: &[[String; 8]]) {
    let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max();
    let widths: Vec<usize> = (0..8).filter_map(width).collect();
    for row in rows {
        let mut line = format!("  {:>width$}", row[0], width = widths[0]);
        for (cell, width) in row[1..].iter().zip(&widths[1..]) {
            _ = write!(line, "  {cell:<width$}");
        }
        _ = writeln!(out, "{}", line.trim_end());
    }
}

fn setup_files(out: &mut String, iso: &WindowsIso) {
    if let Some(ei_cfg) = &iso.ei_cfg {
        let said = [
            ("edition", ei_cfg.edition_id.clone()),
            ("channel", ei_cfg.channel.clone()),
            (
                "volume licence",
                ei_cfg
                    .volume_license
                    .map(|yes| if yes { "yes" } else { "no" }.to_owned()),
            ),
        ];
        let said: Vec<_> = said
            .into_iter()
            .filter_map(|(what, value)| Some(format!("{what} {}", value?)))
            .collect();
        _ = writeln!(out, "\nei.cfg: {}", said.join(", ").escape_debug());
    }
    if iso.pid.is_some() {
        _ = writeln!(out, "\nPID.txt: a product key");
    }
    for what in &iso.passed_over {
        _ = writeln!(out, "\npassed over: {}", what.escape_debug());
    }
}

fn boot(out: &mut String, iso: &WindowsIso) {
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    _ = writeln!(
        out,
        "\nboots: BIOS {}, UEFI {}, UEFI without a key press {}",
        yes(iso.boots.bios),
        yes(iso.boots.uefi),
        yes(iso.boots.uefi_no_prompt)
    );
    for boot in &iso.boot_images {
        let file = boot.file.as_deref().unwrap_or("no file of the ISO");
        _ = writeln!(
            out,
            "  {:<5} sector {}, count {}: {}",
            boot.platform,
            boot.sector,
            boot.count,
            file.escape_debug()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows_iso::boot::Boots;
    use crate::windows_iso::{BootImage, EiCfg};

    #[test]
    fn people_read_it_and_terminals_obey_nothing() {
        let image = |index, name: &str, edition: &str| Image {
            index,
            name: name.into(),
            edition_id: Some(edition.into()),
            installation_type: Some("Client".into()),
            architecture: "amd64".into(),
            version: (10, 0, 26100),
            revision: Some(1742),
            languages: vec!["en-US".into()],
            total_bytes: 20 << 30,
            hard_link_bytes: 5 << 30,
            ..Image::default()
        };
        let iso = WindowsIso {
            label: "CCCOMA_X64FRE\u{1b}[2J".into(),
            bytes: Some(6 << 30),
            install_file: "sources/install.wim".into(),
            images: vec![
                image(6, "Win 11 Pro", "Professional"),
                Image {
                    display_name: Some("Win 11 zu Hause".into()),
                    edition_id: None,
                    ..image(11, "Win 11 Home", "")
                },
            ],
            boot_images: vec![BootImage {
                platform: "uefi".into(),
                sector: 600,
                count: 1,
                file: Some("efi/microsoft/boot/efisys.bin".into()),
            }],
            boots: Boots {
                uefi: true,
                ..Boots::default()
            },
            ei_cfg: Some(EiCfg {
                channel: Some("Retail".into()),
                volume_license: Some(false),
                ..EiCfg::default()
            }),
            pid: Some("AAAAA".into()),
            passed_over: vec!["`sources/ei.cfg`: line 2: no\u{1b}".into()],
            ..WindowsIso::default()
        };
        expect_test::expect![[r"
            CCCOMA_X64FRE\u{1b}[2J
            UDF, 6144 MiB
            Windows 11, a client

            images in sources/install.wim
              index  edition       type    arch   version          languages  size       name
                  6  Professional  Client  amd64  10.0.26100.1742  en-US      15360 MiB  Win 11 Pro
                 11  -             Client  amd64  10.0.26100.1742  en-US      15360 MiB  Win 11 Home
              Setup shows `Win 11 Home` as `Win 11 zu Hause`

            ei.cfg: channel Retail, volume licence no

            PID.txt: a product key

            passed over: `sources/ei.cfg`: line 2: no\u{1b}

            boots: BIOS no, UEFI yes, UEFI without a key press no
              uefi  sector 600, count 1: efi/microsoft/boot/efisys.bin
        "]]
        .assert_eq(&of(&iso));
    }
}
