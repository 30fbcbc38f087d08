//! Each format by what its readers say of it.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::super::run::{self, Instance};
use super::registry;
use super::sealed::{LIMIT, Sealed};
use super::skopeo;
use crate::expression;
use crate::test::{Context, Outcome};
use crate::{demo, parts, root, store};

/// The disks that are files alone, by what QEMU calls their formats.
const DISKS: [&str; 4] = ["raw", "qcow2", "vhdx", "vmdk"];
/// Those whose texts go with the image's own disk; the texts have checks of their own.
const TEXTS: [&str; 3] = ["libvirt", "lima", "proxmox"];

pub(super) fn formats(context: &Context) -> Result<Outcome> {
    let sealed = Sealed::new(context)?;
    let folder = sealed.image.folder.clone();
    let disk = folder.join("disk.qcow2");
    for format in DISKS {
        let made = sealed.export(&folder, format)?;
        let own = made.join(format!("disk.{format}"));
        sealed.same((format, &own), ("qcow2", &disk))?;
        if format != "raw" {
            context.read(LIMIT, &["qemu-img", "check", "-f", format, own.as_str()])?;
        }
        if format == "vhdx" {
            by_nix(context, &sealed, &made)?;
        }
        fs::remove_dir_all(&made)?;
    }
    for format in TEXTS {
        let made = sealed.export(&folder, format)?;
        let own = made.join("disk.qcow2");
        context.read(LIMIT, &["cmp", own.as_str(), disk.as_str()])?;
        fs::remove_dir_all(&made)?;
    }
    incus(context, &sealed.export(&folder, "incus")?)?;
    let container = sealed.export(&folder, "kubevirt")?;
    let carried = container_disk(context, &container)?;
    registry::pushed(context, &container)?;
    context.read(LIMIT, &["cmp", carried.as_str(), disk.as_str()])?;
    chain(context, &sealed)?;
    refused(context, &sealed)?;
    strangers(context, &sealed)?;
    boots(context, &sealed, &carried)?;
    Ok(Outcome::Passed)
}

/// The derivation's builder writes the same bytes in the sandbox.
fn by_nix(context: &Context, sealed: &Sealed<'_>, made: &Utf8Path) -> Result<()> {
    let lucarne = store::add(&root::ensure()?, &parts::lucarne()?, "lucarne")?;
    let tools = expression::json(&demo::tools(sealed.image.vars.as_str()));
    let expression = format!(
        "(import {}/nix/lib/export.nix {{
          system = \"x86_64-linux\";
          tools = {tools} // {{ lucarne = builtins.storePath {lucarne}; }};
        }}).vhdx (builtins.path {{ name = \"image\"; path = {}; }}) {{ }}",
        context.repository, sealed.image.folder
    );
    let file = context.folder.join("export.nix");
    fs::write(&file, expression)?;
    let built = context.read(LIMIT, &["nix-build", "--no-out-link", file.as_str()])?;
    let equal = [
        "diff",
        "--recursive",
        "--brief",
        made.as_str(),
        built.trim(),
    ];
    context
        .read(LIMIT, &equal)
        .context("Nix's export differs")?;
    Ok(())
}

/// `incus image import` takes a tar archive with the metadata, and a qcow2.
fn incus(context: &Context, made: &Utf8Path) -> Result<()> {
    let archive = made.join("incus.tar");
    let list = ["tar", "--numeric-owner", "--list", "--verbose", "--file"];
    let listed = context.read(LIMIT, &[&list[..], &[archive.as_str()]].concat())?;
    ensure!(
        listed.starts_with("-r--r--r-- 0/0 ") && listed.trim_end().ends_with(" metadata.yaml"),
        "the metadata's archive holds\n{listed}"
    );
    let text = [
        "tar",
        "--extract",
        "--to-stdout",
        "--file",
        archive.as_str(),
    ];
    let text = context.read(LIMIT, &text)?;
    for wanted in [
        "architecture: x86_64\n",
        "requirements.secureboot: \"false\"\n",
    ] {
        ensure!(text.contains(wanted), "no `{wanted}` in\n{text}");
    }
    let manifest = made.join("machine.json");
    let facts: Value = serde_json::from_str(&fs::read_to_string(manifest)?)?;
    let date = text
        .lines()
        .find_map(|line| line.strip_prefix("creation_date: "));
    let date = format!("@{}", date.context("no date")?);
    let date = context.read(LIMIT, &["date", "--utc", "--date", &date, "+%FT%TZ"])?;
    ensure!(facts["sealedAt"] == date.trim(), "it is of {date}");
    Ok(())
}

/// The disk of an archive, as it arrives where skopeo copies it to.
fn container_disk(context: &Context, made: &Utf8Path) -> Result<Utf8PathBuf> {
    let temporary = context.folder.join("skopeo");
    fs::create_dir(&temporary)?;
    let skopeo = skopeo(&temporary);
    let from = format!("oci-archive:{made}/containerdisk.tar");
    let seen = context.read(LIMIT, &[&skopeo[..], &["inspect", &from]].concat())?;
    let seen: Value = serde_json::from_str(&seen).context("what skopeo says is no JSON")?;
    ensure!(
        seen["Os"] == "linux" && seen["Architecture"] == "amd64",
        "skopeo sees {seen:#}"
    );
    let place = temporary.join("copy");
    let to = format!("dir:{place}");
    context.read(
        LIMIT,
        &[&skopeo[..], &["copy", "--quiet", &from, &to]].concat(),
    )?;
    let layers = seen["Layers"].as_array().context("no layers")?;
    let [Value::String(layer)] = layers.as_slice() else {
        anyhow::bail!("it has the layers {layers:?}");
    };
    let layer = place.join(layer.strip_prefix("sha256:").context("no SHA-256")?);
    let list = ["tar", "--numeric-owner", "--list", "--verbose", "--file"];
    let listed = context.read(LIMIT, &[&list[..], &[layer.as_str()]].concat())?;
    let lines: Vec<_> = listed.lines().collect();
    ensure!(
        matches!(lines.as_slice(), [folder, disk]
            if folder.starts_with("dr-xr-xr-x 107/107 ") && folder.ends_with(" disk/")
            && disk.starts_with("-r--r--r-- 107/107 ") && disk.ends_with(" disk/disk.qcow2")),
        "the layer holds\n{listed}"
    );
    let extract = [
        "tar",
        "--no-same-owner",
        "--extract",
        "--file",
        layer.as_str(),
    ];
    let into = ["--directory", temporary.as_str()];
    context.read(LIMIT, &[&extract[..], &into[..]].concat())?;
    Ok(temporary.join("disk/disk.qcow2"))
}

/// A layer is exported with what it lies on.
fn chain(context: &Context, sealed: &Sealed<'_>) -> Result<()> {
    let layer = sealed.layer()?;
    let disk = layer.join("disk.qcow2");
    let own = sealed.export(&layer, "qcow2")?.join("disk.qcow2");
    sealed.same(("qcow2", &own), ("qcow2", &disk))?;
    let info = ["qemu-img", "info", "--output=json", own.as_str()];
    let info: Value = serde_json::from_str(&context.read(LIMIT, &info)?)?;
    ensure!(info["backing-filename"].is_null(), "it lies on {info:#}");
    let made = sealed.export(&layer, "kubevirt")?;
    ensure!(!made.join("disk.qcow2").exists(), "the disk is there twice");
    Ok(())
}

/// What cannot be is told before anything is read or written.
fn refused(context: &Context, sealed: &Sealed<'_>) -> Result<()> {
    let other = context.folder.join("other");
    let sata = run::copy(&sealed.image, &other, |manifest| {
        manifest["disk"]["bus"] = json!("sata");
        manifest["inputs"]["virtioWinIso"] = Value::Null;
    })?;
    let out = context.folder.join("refused");
    let ran = sealed.try_export(&sata, "incus", &out)?;
    for says in [
        "disk.bus: the Windows of `",
        "` starts from `sata`, and `incus`",
    ] {
        ensure!(ran.code == 1 && ran.stderr.contains(says), "{ran:?}");
    }
    // A byte that was changed is found, whatever the format reads of it.
    let mut bytes = fs::read(other.join("disk.qcow2"))?;
    let last = bytes.last_mut().context("a disk of no bytes")?;
    *last ^= 1;
    fs::remove_file(other.join("disk.qcow2"))?;
    fs::write(other.join("disk.qcow2"), bytes)?;
    let ran = sealed.try_export(&sata, "proxmox", &out)?;
    let says = "is not the file that was sealed";
    ensure!(ran.code == 2 && ran.stderr.contains(says), "{ran:?}");
    ensure!(!out.exists(), "a refused export is there");
    Ok(())
}

/// A disk that names a file of the host's is not opened, in whichever format it is asked for.
fn strangers(context: &Context, sealed: &Sealed<'_>) -> Result<()> {
    let data = context.folder.join("of-the-host.raw");
    let option = format!("data_file={data},data_file_raw=on");
    let manifest = fs::read_to_string(sealed.image.folder.join("manifest.json"))?;
    let manifest: Value = serde_json::from_str(&manifest)?;
    let size = manifest["disk"]["virtualBytes"].to_string();
    let out = context.folder.join("stolen");
    for (name, words, says) in [
        (
            "outside",
            ["-o", &option, &size],
            "has its data in another file",
        ),
        (
            "grown",
            ["-o", "cluster_size=2M", "1024T"],
            "and its manifest's has ",
        ),
    ] {
        let image = sealed.strangers(name, &words)?;
        for format in ["raw", "qcow2", "kubevirt"] {
            let ran = sealed.try_export(&image, format, &out)?;
            ensure!(
                ran.code == 2 && ran.stderr.contains(says),
                "{format}: {ran:?}"
            );
        }
    }
    ensure!(!out.exists(), "a refused export is there");
    Ok(())
}

/// A machine starts from what went through the archive and skopeo.
fn boots(context: &Context, sealed: &Sealed<'_>, disk: &Utf8Path) -> Result<()> {
    let image = context.folder.join("carried");
    run::copy(&sealed.image, &image, |_| ())?;
    fs::remove_file(image.join("disk.qcow2"))?;
    fs::copy(disk, image.join("disk.qcow2"))?;
    let mut instance = Instance::new(context, "exported")?;
    instance.machine["image"] = json!(image.as_str());
    let mut machine = instance.start()?;
    machine.ready()?;
    machine.stop()?;
    Ok(())
}
