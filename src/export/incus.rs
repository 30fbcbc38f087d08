//! Incus' metadata and a profile: pure functions of an image's facts.
//!
//! Sources: Incus' documentation, "Image format" (a split image: a tar archive that holds
//! `metadata.yaml`, and a qcow2), "Instance options" (`security.secureboot`, `security.csm`) and
//! "Type: disk" (`io.bus`). A TPM is a device of the machine's, which an image cannot ask for, so
//! the profile does.

use anyhow::Context as _;

use super::common::yaml;
use super::{Facts, Text, tarball};
use crate::spec::FirmwareKind;
use crate::time;

/// The texts beside the archive.
#[must_use]
pub fn texts(image: &Facts) -> Vec<Text> {
    vec![("profile.yaml".to_owned(), profile(image))]
}

/// The archive that holds the metadata.
pub(super) fn archive(image: &Facts) -> anyhow::Result<Vec<u8>> {
    let mut archive = Vec::new();
    tarball::put(&mut archive, "metadata.yaml", metadata(image)?.as_bytes())?;
    tarball::end(&mut archive)?;
    Ok(archive)
}

/// The metadata. Its date is the image's own.
pub(super) fn metadata(image: &Facts) -> anyhow::Result<String> {
    let sealed = time::parse(&image.sealed_at);
    let sealed = sealed.context("the manifest's `sealedAt` is no time")?;
    let architecture = match image.architecture.as_str() {
        "arm64" => "aarch64",
        "x86" => "i686",
        _ => "x86_64",
    };
    let mut description = format!("{} {}", image.edition, image.version);
    if image.generalized {
        description.push_str(", generalised: its first start begins with OOBE");
    }
    let mut lines = vec![
        format!("architecture: {architecture}"),
        format!("creation_date: {sealed}"),
        "properties:".to_owned(),
        pair("architecture", architecture),
        pair("description", &description),
        pair("name", &image.name),
        // Incus looks for this word, and then gives the machine Hyper-V's interfaces.
        pair("os", "Windows"),
        pair("release", &image.version),
        pair("variant", &image.edition),
    ];
    if !image.secure_boot {
        lines.push(pair("requirements.secureboot", "false"));
    }
    Ok(text(&lines))
}

/// What a machine of the image needs: `incus profile create NAME < profile.yaml`.
fn profile(image: &Facts) -> String {
    let bios = image.firmware == FirmwareKind::Bios;
    let mut lines = vec!["config:".to_owned()];
    lines.push(pair("limits.cpu", &image.cores.to_string()));
    lines.push(pair("limits.memory", &format!("{}MiB", image.memory_mib)));
    // For an `os` of Windows Incus begins with the local time. Of QEMU's two the last one counts.
    lines.push(pair("raw.qemu", "-rtc base=utc"));
    if bios {
        lines.push(pair("security.csm", "true"));
    }
    let secure_boot = if image.secure_boot { "true" } else { "false" };
    lines.push(pair("security.secureboot", secure_boot));
    let what = format!("The machine of {}, without a network", image.name);
    lines.push(format!("description: {}", quoted(&what)));
    lines.push("devices:".to_owned());
    lines.push("  root:".to_owned());
    let root = [
        ("io.bus", image.bus.as_str()),
        ("path", "/"),
        ("pool", "default"),
        ("size", &format!("{}B", image.virtual_bytes)),
        ("type", "disk"),
    ];
    lines.extend(root.map(|(key, value)| format!("  {}", pair(key, value))));
    if image.tpm {
        lines.push("  tpm:".to_owned());
        lines.push(format!("  {}", pair("type", "tpm")));
    }
    text(&lines)
}

fn text(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

fn pair(key: &str, value: &str) -> String {
    format!("  {key}: {}", quoted(value))
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    yaml::quoted(&mut out, text);
    out
}
