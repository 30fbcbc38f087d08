//! Discs that we make, seen by the tools of others.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;
use serde_json::Value;

use super::media;
use super::raw::raw_of;
use crate::demo;
use crate::parts::{self, Order};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "discs/overlay",
        shows: "the boot overlay differs from the ISO in one entry, which names the right image",
        run: overlay,
    },
    Check {
        name: "discs/answer-iso",
        shows: "isoinfo, xorriso and 7z see the answer ISO's names and bytes as we do",
        run: answer_iso,
    },
];

const LIMIT: Duration = Duration::from_secs(300);
const SECTOR: u64 = 2048;

/// The stand-in's variants, and the file whose bytes must boot: none where the ISO has none.
const VARIANTS: [(&str, Option<&str>); 3] = [
    ("default", Some("efisys_noprompt.bin")),
    ("ex", Some("efisys_noprompt_EX.bin")),
    ("bootwim", None),
];

fn overlay(context: &Context) -> Result<Outcome> {
    for (variant, booted) in VARIANTS {
        let order = Order {
            variant: Some(variant.to_owned()),
            ..Order::default()
        };
        let standin = parts::standin(&order)?;
        let work = context.folder.join(variant);
        fs::create_dir_all(&work)?;
        let tools = work.join("tools.json");
        fs::write(&tools, demo::tools(standin.vars.as_str()).to_string())?;
        let program = parts::example("overlay")?;
        let command = [
            program.as_str(),
            standin.iso.as_str(),
            tools.as_str(),
            work.as_str(),
        ];
        let made = context.read(LIMIT, &command)?;
        let made = made.trim();
        context.read(LIMIT, &["qemu-img", "check", made])?;
        let flat = raw_of(context, made.into(), None)?;
        let sectors = differing(&standin.iso, &flat)?;
        ensure!(
            sectors.len() == 1,
            "`{variant}`: the sectors {sectors:?} differ"
        );
        entry(context, variant, &flat, booted)?;
        fs::remove_file(&flat)?;
    }
    Ok(Outcome::Passed)
}

/// What the UEFI entry of the disc boots, as `lucarne iso` finds out by comparing contents.
fn entry(context: &Context, variant: &str, disc: &Utf8Path, file: Option<&str>) -> Result<()> {
    let lucarne = parts::lucarne()?;
    let facts = context.read(LIMIT, &[lucarne.as_str(), "iso", "--json", disc.as_str()])?;
    let facts: Value = serde_json::from_str(&facts)?;
    let uefi = facts["bootEntries"]
        .as_array()
        .and_then(|all| all.iter().find(|image| image["platform"] == "uefi"))
        .with_context(|| format!("`{variant}`: no UEFI entry"))?;
    let found = uefi["file"]
        .as_str()
        .and_then(|path| path.rsplit('/').next());
    ensure!(
        found == file,
        "`{variant}`: the entry boots {found:?}, not {file:?}"
    );
    let count = uefi["count"].as_u64().unwrap_or_default();
    ensure!(count > 1, "`{variant}`: the entry's count is {count}");
    let end = uefi["sector"].as_u64().unwrap_or_default() * SECTOR + count * 512;
    let bytes = fs::metadata(disc)?.len();
    ensure!(
        end <= bytes.next_multiple_of(SECTOR),
        "`{variant}`: the boot image ends at byte {end} of {bytes}"
    );
    // Behind the ISO's end there is the image out of boot.wim, and nothing else.
    ensure!(
        file.is_some() || end.next_multiple_of(SECTOR) == bytes,
        "`{variant}`: the appended image ends at byte {end} of {bytes}"
    );
    Ok(())
}

/// The sectors in which two discs differ, as far as the first goes.
fn differing(a: &Utf8Path, b: &Utf8Path) -> Result<BTreeSet<u64>> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    let mut left = a.metadata()?.len();
    let mut sectors = BTreeSet::new();
    for sector in 0.. {
        let len = usize::try_from(left.min(SECTOR))?;
        if len == 0 {
            break;
        }
        let (mut here, mut there) = (vec![0; len], vec![0; len]);
        a.read_exact(&mut here)?;
        b.read_exact(&mut there)?;
        if here != there {
            sectors.insert(sector);
        }
        left -= len as u64;
    }
    Ok(sectors)
}

fn answer_iso(context: &Context) -> Result<Outcome> {
    let out = media::make(context, &context.folder.join("media"))?;
    let iso = out.join("answer.iso");
    let unpacked = context.folder.join("unpacked");
    let into = format!("-o{unpacked}");
    context.read(LIMIT, &["7z", "x", "-y", &into, iso.as_str()])?;
    let answer = fs::read(unpacked.join("Autounattend.xml"))?;
    ensure!(
        answer == fs::read(out.join("Autounattend.xml"))? && !answer.is_empty(),
        "7z reads another answer file"
    );
    // Few for Setup, the rest for the new Windows.
    for (driver, setups) in [("vioscsi/vioscsi", true), ("vioserial/vioser", false)] {
        for (folder, wanted) in [("drivers-pe", setups), ("drivers-windows", !setups)] {
            let there = unpacked.join(format!("{folder}/{driver}.inf")).is_file();
            ensure!(there == wanted, "`{folder}/{driver}.inf`: {there}");
        }
    }
    let isoinfo = context.read(LIMIT, &["isoinfo", "-J", "-f", "-i", iso.as_str()])?;
    let isoinfo: BTreeSet<&str> = isoinfo.lines().collect();
    let find = [
        "xorriso",
        "-indev",
        iso.as_str(),
        "-find",
        "/",
        "-exec",
        "lsdl",
    ];
    let xorriso = context.read(LIMIT, &find)?;
    for path in files(&unpacked)? {
        let path = format!("/{path}");
        ensure!(isoinfo.contains(path.as_str()), "isoinfo lacks `{path}`");
        ensure!(
            xorriso.contains(&format!("'{path}'")),
            "xorriso lacks `{path}`"
        );
    }
    Ok(Outcome::Passed)
}

/// Every file below a folder, relative to it.
fn files(folder: &Utf8Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir_utf8()? {
            let path = entry?.into_path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder)?.to_string());
            }
        }
    }
    ensure!(!found.is_empty(), "`{folder}` is empty");
    Ok(found)
}
