//! `cargo xtask pictures`: what a terminal shows of the demo and of the tutorial's commands, for
//! the pages.
//!
//! Nothing in them is typed by hand. The commands are the pages' own, the shell writes them, and
//! `lucarne` is this checkout's, in a terminal as a person has one.

mod svg;
pub(crate) mod terminal;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use vt100::Screen;

use crate::book::tutorial::{self, INSTALL, PLACE, Step};
use crate::demo::Inputs;
use crate::parts::{self, Order};
use crate::root::{self, Root};
use crate::test::Context;
use crate::{enter, own, store};

pub(crate) use svg::words;
use terminal::Size;

/// Where the pages have them.
const FOLDER: &str = "docs/pictures";
/// Where the commands run, in the tool root's `/tmp`: the same name wherever the cache is,
/// for they show it.
const WORK: &str = "lucarne-pictures";
/// Nothing that is shown scrolls away, and a README has room for it.
const SIZE: Size = Size {
    rows: 60,
    columns: 100,
};
/// README's first command, for who has its image already.
const DEMO: &str = "cargo xtask demo --rebuild";
/// No install of the stand-in takes longer, even beside others.
const LIMIT: &str = "600";

/// Which ones to make.
#[derive(Args)]
pub(crate) struct PicturesArgs {
    /// Only those with one of these names
    names: Vec<String>,
}

/// A picture.
pub(crate) struct Picture {
    /// Its file's name, without the ending.
    pub(crate) name: &'static str,
    /// What who does not see it is told.
    title: &'static str,
    /// How the tutorial's line begins, or the demo's.
    line: &'static str,
    /// What goes wrong with the stand-in.
    fault: Option<&'static str>,
    /// The last time when the screen shows the one and not the other is the moment; else it is the
    /// end.
    moment: Option<(&'static str, &'static str)>,
    /// What the command ends with.
    code: u8,
}

/// What is wrong with a spec.
pub(crate) const PROBLEMS: Picture = Picture {
    name: "problems",
    title: "A terminal: lucarne check tells three problems of a spec at once, each with a hint",
    line: "cargo xtask lucarne check target/first/wrong.json ",
    fault: None,
    moment: None,
    code: 1,
};

/// An install, shortly before its end.
pub(crate) const INSTALLING: Picture = Picture {
    name: "install",
    title: "A terminal: lucarne install tells phases and steps with their times, and a bar how far \
            it is",
    line: INSTALL,
    fault: None,
    moment: Some(("% settle", "phase `shutdown`")),
    code: 0,
};

/// An install that a step of its own ends.
pub(crate) const FAILED: Picture = Picture {
    name: "failed",
    title: "A terminal: a failed install tells what the guest said last, where the evidence is, \
            which step failed in which phase, and what to do",
    line: INSTALL,
    fault: Some("step-fails"),
    moment: None,
    code: 3,
};

/// README's first command: an install in the Nix sandbox.
pub(crate) const DEMONSTRATION: Picture = Picture {
    name: "demo",
    title: "A terminal: cargo xtask demo runs nix build, whose log tells phases and steps",
    line: DEMO,
    fault: None,
    moment: Some(("phase `settle`", "manifest")),
    code: 0,
};

const ALL: [&Picture; 4] = [&PROBLEMS, &INSTALLING, &FAILED, &DEMONSTRATION];

impl PicturesArgs {
    pub(crate) fn run(self) -> Result<u8> {
        let names: Vec<&str> = ALL.iter().map(|picture| picture.name).collect();
        if let Some(other) = self
            .names
            .iter()
            .find(|name| !names.contains(&name.as_str()))
        {
            bail!(
                "there is no picture `{other}`\nhint: there are {}",
                names.join(", ")
            );
        }
        let wanted = |picture: &&&Picture| {
            self.names.is_empty() || self.names.iter().any(|name| name == picture.name)
        };
        for picture in ALL.iter().filter(wanted) {
            let (made, file) = (picture.make()?, picture.file());
            fs::write(&file, made).with_context(|| format!("cannot write `{file}`"))?;
            println!("{file}");
        }
        Ok(0)
    }
}

impl Picture {
    /// Where it is.
    pub(crate) fn file(&self) -> Utf8PathBuf {
        let folder = root::repository().join(FOLDER);
        folder.join(self.name).with_extension("svg")
    }

    /// Makes it.
    pub(crate) fn make(&self) -> Result<String> {
        let tools = root::ensure()?;
        // Empty at the start, and nobody else's meanwhile.
        let place = Context::alone(tools.tmp.join(WORK))?;
        let folder = &place.folder;
        let command = if self.line == DEMO {
            demo()
        } else {
            self.of_tutorial(&tools, folder)?
        };
        let mut shown = None;
        let ended = terminal::run(command, SIZE, |screen| {
            let now = screen.contents();
            let is_it = |(is, is_not)| now.contains(is) && !now.contains(is_not);
            if self.moment.is_some_and(is_it) {
                shown = Some(screen.clone());
            }
        })?;
        let screen: Screen = match self.moment {
            Some((words, _)) => shown
                .with_context(|| format!("`{words}` was not seen\n{}", ended.screen.contents()))?,
            None => ended.screen.clone(),
        };
        ensure!(
            ended.code == self.code,
            "`{}` ended with {}\n{}",
            self.line,
            ended.code,
            ended.screen.contents()
        );
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove `{folder}`"))?;
        Ok(svg::draw(&screen, self.title))
    }

    /// The tutorial's line, where all is there that it needs.
    fn of_tutorial(&self, tools: &Root, folder: &Utf8Path) -> Result<Command> {
        let steps = tutorial::steps()?;
        self.lay_out(&steps, folder)?;
        let line = steps.iter().find(|step| step.line.starts_with(self.line));
        let line = line.with_context(|| format!("the tutorial has no `{}`", self.line))?;
        inside(&line.line, tools)
    }

    /// What the tutorial has made by then: its ISOs and its documents.
    fn lay_out(&self, steps: &[Step], folder: &Utf8Path) -> Result<()> {
        let order = Order {
            release: Some("win10-22h2".into()),
            fault: self.fault.map(Into::into),
            ..Order::default()
        };
        let inputs = Inputs::standin(&order, "Windows 10 Pro")?;
        symlink(&inputs.iso, folder.join("windows.iso"))?;
        symlink(inputs.drivers()?, folder.join("virtio-win.iso"))?;
        let writes = |step: &&Step| !step.line.starts_with("cargo ") && step.line.contains(" > ");
        for step in steps.iter().filter(writes) {
            let status = Command::new("bash")
                .args(["-euc", &here(&step.line)])
                .current_dir(folder)
                .status()
                .context("cannot start `bash`")?;
            ensure!(status.success(), "`{}` failed", step.line);
        }
        Ok(())
    }
}

/// The demo as a person calls it.
fn demo() -> Command {
    let script = format!("PS4='$ '; set -x; {DEMO}");
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LIMIT, "bash", "-c", &script]);
    command.current_dir(root::repository());
    command
}

/// A line of the tutorial's, for a folder of its own.
fn here(line: &str) -> String {
    line.replace(&format!("{PLACE}/"), "")
}

/// A line of `lucarne`'s in the tool root, which the shell writes as a person would have.
fn inside(line: &str, tools: &Root) -> Result<Command> {
    let line = here(line);
    // What follows is for who reads the page.
    let line = line.split(';').next().unwrap_or_default();
    let line = line.strip_prefix("cargo xtask ").unwrap_or(line);
    let script = format!("cd /tmp/{WORK} && PATH=$1:$PATH PS4='$ ' && set -x && {line}");
    let lucarne = parts::lucarne()?;
    own::guest_beside(&lucarne)?;
    let programs = lucarne.parent().context("a program is in a folder")?;
    let limit = ["timeout", "--kill-after=5", LIMIT];
    let shell = ["bash", "-c", &script, "bash", programs.as_str()];
    let words = store::words(&[&limit[..], &shell].concat());
    enter::command(tools, &[programs.to_owned()], &words)
}
