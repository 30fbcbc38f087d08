//! The media: the same bytes wherever and whenever they are made, and no reference to anything.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::nix_build::{Subject, references, remove};
use crate::demo;
use crate::parts::{self, Order};
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "media/nix",
        shows: "the media build in the sandbox, a second time equal, and refer to nothing",
        run: sandbox,
    },
    Check {
        name: "media/payload",
        shows: "files of steps reach the media out of the store, and leave no reference to it",
        run: payload,
    },
    Check {
        name: "media/folders",
        shows: "two media made in two folders are the same bytes",
        run: folders,
    },
];

const LIMIT: Duration = Duration::from_secs(300);

fn sandbox(context: &Context) -> Result<Outcome> {
    let subject = Subject::new(context)?;
    let media = subject.output(context, "media")?;
    remove(context, &media)?;
    let build = ["nix", "build", "--no-link", "--print-build-logs", "--file"];
    let build = [&build[..], &[subject.file.as_str(), "media"]].concat();
    context.read(LIMIT, &build)?;
    // Builds it again and compares; a difference is an error.
    context.read(LIMIT, &[&build[..], &["--rebuild"]].concat())?;
    let found = references(context, &media)?;
    ensure!(found.is_empty(), "the media refer to {found:?}");
    let listed = context.read(LIMIT, &["ls", &media])?;
    let listed: Vec<&str> = listed.split_whitespace().collect();
    ensure!(
        listed == ["Autounattend.xml", "answer.iso", "plan.json"],
        "the media are {listed:?}"
    );
    Ok(Outcome::Passed)
}

/// A program with files beside it, drivers, and what the catalogue brings.
const STEPS: &str = "
  driverFolders = [ (cases + \"/driver\") ];
  steps = [
    {
      program = {
        source = cases + \"/files/setup.exe\";
        files.more = cases + \"/files\";
      };
    }
    (import (repository + \"/nix/lib/custom\")).debloat.withoutOnedrive
  ];
";

fn payload(context: &Context) -> Result<Outcome> {
    let subject = Subject::new(context)?;
    let file = context.folder.join("payload.nix");
    let (image, repository) = (&subject.file, &context.repository);
    let text = format!(
        "let repository = {repository}; cases = repository + \"/tests/cases/steps\"; in \
         (import {image}).override {{ {STEPS} }}"
    );
    fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
    let subject = Subject { file };
    let media = subject.output(context, "media")?;
    remove(context, &media)?;
    let build = ["nix", "build", "--no-link", "--print-build-logs", "--file"];
    context.read(
        LIMIT,
        &[&build[..], &[subject.file.as_str(), "media"]].concat(),
    )?;
    let found = references(context, &media)?;
    ensure!(found.is_empty(), "the media refer to {found:?}");
    let iso = format!("{media}/answer.iso");
    let listed = context.read(LIMIT, &["isoinfo", "-J", "-f", "-i", &iso])?;
    for wanted in [
        "/drivers-windows/own-1/test.inf",
        "/lucarne/payload/program-1/setup.exe",
        "/lucarne/payload/program-1/more/readme.txt",
        "/lucarne/payload/powerShell-2/script.ps1",
        "/lucarne/steps.json",
    ] {
        ensure!(
            listed.contains(wanted),
            "the media lack `{wanted}`: {listed}"
        );
    }
    let extract = ["isoinfo", "-J", "-i", &iso, "-x", "/lucarne/steps.json"];
    let steps = context.read(LIMIT, &extract)?;
    ensure!(steps.contains("script.ps1"), "the steps are {steps}");
    ensure!(!steps.contains("/nix/store"), "the steps name the store");
    Ok(Outcome::Passed)
}

fn folders(context: &Context) -> Result<Outcome> {
    let mut made = Vec::new();
    for name in ["a", "another/folder"] {
        let out = make(context, &context.folder.join(name))?;
        let read = |name: &str| fs::read(out.join(name)).with_context(|| format!("no `{name}`"));
        made.push([
            read("answer.iso")?,
            read("plan.json")?,
            read("Autounattend.xml")?,
        ]);
    }
    ensure!(made[0] == made[1], "the two media differ");
    ensure!(!made[0][0].is_empty(), "the media are empty");
    Ok(Outcome::Passed)
}

/// Makes the stand-in's media in a folder with `lucarne media`: where they are.
pub(super) fn make(context: &Context, folder: &Utf8Path) -> Result<Utf8PathBuf> {
    let inputs = demo::Inputs::standin(&Order::default(), demo::EDITION)?;
    let lucarne = parts::lucarne()?;
    let virtio_win = inputs.drivers()?;
    fs::create_dir_all(folder)?;
    let spec = folder.join("spec.json");
    let mut asked = demo::spec(&inputs);
    asked["schema"] = "lucarne.spec/1".into();
    fs::write(&spec, asked.to_string())?;
    let out = folder.join("out");
    let command = [
        lucarne.as_str(),
        "media",
        spec.as_str(),
        "--iso",
        inputs.iso.as_str(),
        "--virtio-win",
        virtio_win.as_str(),
        "--out",
        out.as_str(),
    ];
    context.read(LIMIT, &command)?;
    Ok(out)
}
