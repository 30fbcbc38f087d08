//! The image that is exported, a layer on it, and the command.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::run::{self, Image};
use crate::demo;
use crate::parts;
use crate::test::{Context, Ran};

/// No export of the stand-in's disk takes longer.
pub(super) const LIMIT: Duration = Duration::from_secs(120);

pub(super) struct Sealed<'a> {
    context: &'a Context,
    pub(super) image: Image,
    tools: Utf8PathBuf,
}

impl<'a> Sealed<'a> {
    pub(super) fn new(context: &'a Context) -> Result<Self> {
        let image = run::sealed()?;
        let tools = context.folder.join("tools.json");
        // It is all that an export may use.
        let qemu_img = &demo::tools(image.vars.as_str())["qemuImg"];
        fs::write(&tools, json!({ "qemuImg": qemu_img }).to_string())?;
        Ok(Self {
            context,
            image,
            tools,
        })
    }

    /// Runs `lucarne export` to its end.
    pub(super) fn try_export(&self, image: &Utf8Path, format: &str, out: &Utf8Path) -> Result<Ran> {
        let lucarne = parts::lucarne()?;
        let command = [
            lucarne.as_str(),
            "export",
            image.as_str(),
            "--format",
            format,
            "--tools",
            self.tools.as_str(),
            "--out",
            out.as_str(),
        ];
        self.context.inside(LIMIT, &command)
    }

    /// Exports an image twice: the folder of one. Both hold the same bytes.
    pub(super) fn export(&self, image: &Utf8Path, format: &str) -> Result<Utf8PathBuf> {
        let of = image.file_name().context("an image without a name")?;
        let place = |number| self.context.folder.join(format!("{of}-{format}-{number}"));
        let (one, other) = (place(1), place(2));
        for out in [&one, &other] {
            let ran = self.try_export(image, format, out)?;
            ensure!(ran.code == 0, "`{format}` failed:\n{}", ran.stderr);
        }
        // A raw disk is nearly all holes, which only QEMU passes over.
        if format == "raw" {
            let disks = [one.join("disk.raw"), other.join("disk.raw")];
            self.same(("raw", &disks[0]), ("raw", &disks[1]))?;
            fs::remove_file(&disks[1])?;
            fs::rename(&disks[0], self.context.folder.join("raw"))?;
        }
        let equal = [
            "diff",
            "--recursive",
            "--brief",
            one.as_str(),
            other.as_str(),
        ];
        self.context
            .read(LIMIT, &equal)
            .context("two exports differ")?;
        if format == "raw" {
            fs::rename(self.context.folder.join("raw"), one.join("disk.raw"))?;
        }
        fs::remove_dir_all(&other)?;
        Ok(one)
    }

    /// That QEMU reads the same from two disks, each with its format.
    pub(super) fn same(&self, one: (&str, &Utf8Path), other: (&str, &Utf8Path)) -> Result<()> {
        let compare = ["qemu-img", "compare", "-f", one.0, "-F", other.0];
        let disks = [one.1.as_str(), other.1.as_str()];
        let compare = [&compare[..], &disks[..]].concat();
        self.context.read(LIMIT, &compare).map(drop)
    }

    /// A layer on it: a difference of a few bytes in a folder of its own, as sealing makes one.
    pub(super) fn layer(&self) -> Result<Utf8PathBuf> {
        let below = &self.image.folder;
        let folder = self.context.folder.join("layer");
        run::copy(&self.image, &folder, |_| ())?;
        let disk = folder.join("disk.qcow2");
        fs::remove_file(&disk)?;
        let base = below.join("disk.qcow2");
        let create = [
            "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b",
        ];
        let command = [&create[..], &[base.as_str(), disk.as_str()]].concat();
        self.context.read(LIMIT, &command)?;
        let io = [
            "qemu-io",
            "-f",
            "qcow2",
            "-c",
            "write -P 7 40G 1M",
            disk.as_str(),
        ];
        self.context.read(LIMIT, &io)?;
        let text = fs::read_to_string(below.join("manifest.json"))?;
        let mut manifest: Value = serde_json::from_str(&text).context("a manifest")?;
        let hash = |bytes: Vec<u8>| format!("{:x}", Sha256::digest(bytes));
        manifest["inputs"]["base"] = json!({
            "name": manifest["name"],
            "manifestSha256": hash(text.into_bytes()),
            "diskSha256": manifest["disk"]["sha256"],
            "depth": 1,
        });
        manifest["disk"]["sha256"] = json!(hash(fs::read(&disk)?));
        manifest["name"] = json!("on-top");
        fs::write(folder.join("manifest.json"), format!("{manifest:#}\n"))?;
        Ok(folder)
    }

    /// A stranger's image, whose manifest and disk are at one, and the disk as `qemu-img create`
    /// makes it with these words.
    pub(super) fn strangers(&self, name: &str, words: &[&str]) -> Result<Utf8PathBuf> {
        let folder = self.context.folder.join(name);
        run::copy(&self.image, &folder, |_| ())?;
        let disk = folder.join("disk.qcow2");
        fs::remove_file(&disk)?;
        let create = ["qemu-img", "create", "-q", "-f", "qcow2"];
        let (options, size) = words.split_at(words.len() - 1);
        let command = [&create[..], options, &[disk.as_str()], size].concat();
        self.context.read(LIMIT, &command)?;
        let file = folder.join("manifest.json");
        let mut manifest: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
        manifest["disk"]["sha256"] = json!(format!("{:x}", Sha256::digest(fs::read(&disk)?)));
        fs::write(&file, format!("{manifest:#}\n"))?;
        Ok(folder)
    }
}
