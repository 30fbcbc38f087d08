//! `lucarne iso FILE`: what a Windows ISO holds.

use std::fmt::Write as _;

use camino::Utf8PathBuf;

use crate::cli::print;
use crate::failure::Failure;
use crate::regular;
use crate::windows_iso::{self, Image, WindowsIso};

/// Shows what a Windows ISO holds: images and boot images.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The ISO.
    #[arg(value_name = "FILE")]
    iso: Utf8PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let iso = windows_iso::read(&args.iso).map_err(|error| {
        let mut causes = error.chain().filter_map(|cause| cause.downcast_ref());
        if causes.any(regular::is_wrong_path) {
            Failure::Usage(format!(
                "error: {error:#}\n\nhint: name the ISO's own file\n"
            ))
        } else {
            Failure::Host(error)
        }
    })?;
    if args.json {
        let json = serde_json::to_string_pretty(&iso).map_err(anyhow::Error::from)?;
        return print(&(json + "\n"));
    }
    print(&text(&iso))
}

/// For people. What the ISO says is escaped: its text may hold what a terminal obeys.
fn text(iso: &WindowsIso) -> String {
    let mut out = String::new();
    let label = iso.label.escape_debug();
    let file = iso.install_file.escape_debug();
    _ = writeln!(out, "{label}\n\nimages in {file}");
    for image in &iso.images {
        _ = writeln!(out, "  {:>3}  {}", image.index, image.name.escape_debug());
        _ = writeln!(out, "       {}", details(image));
    }
    _ = writeln!(out, "\nboot images");
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
    if iso.boot_images.is_empty() {
        out.push_str("  none\n");
    }
    out
}

fn details(image: &Image) -> String {
    let (major, minor, build) = image.version;
    let mut parts = vec![
        image.architecture.clone(),
        format!("{major}.{minor}.{build}"),
    ];
    parts.extend(image.edition_id.clone());
    parts.extend(image.installation_type.clone());
    if !image.languages.is_empty() {
        parts.push(image.languages.join(" "));
    }
    // Hard links are counted as often as they occur, so the total alone is too much.
    let bytes = image.total_bytes.saturating_sub(image.hard_link_bytes);
    parts.push(format!("{} MiB", bytes >> 20));
    parts.join(", ").escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows_iso::BootImage;

    #[test]
    fn people_read_it_and_terminals_obey_nothing() {
        let iso = WindowsIso {
            label: "CCCOMA_X64FRE\u{1b}[2J".into(),
            install_file: "sources/install.wim".into(),
            images: vec![Image {
                index: 6,
                name: "Windows 11 Pro".into(),
                edition_id: Some("Professional".into()),
                installation_type: Some("Client".into()),
                architecture: "amd64".into(),
                version: (10, 0, 26100),
                languages: vec!["en-US".into()],
                total_bytes: 20 << 30,
                hard_link_bytes: 5 << 30,
                ..Image::default()
            }],
            boot_images: vec![BootImage {
                platform: "uefi".into(),
                sector: 600,
                count: 1,
                file: Some("efi/microsoft/boot/efisys.bin".into()),
            }],
            ..WindowsIso::default()
        };
        expect_test::expect![[r"
            CCCOMA_X64FRE\u{1b}[2J

            images in sources/install.wim
                6  Windows 11 Pro
                   amd64, 10.0.26100, Professional, Client, en-US, 15360 MiB

            boot images
              uefi  sector 600, count 1: efi/microsoft/boot/efisys.bin
        "]]
        .assert_eq(&text(&iso));
    }
}
