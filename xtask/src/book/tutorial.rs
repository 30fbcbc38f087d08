//! `docs/tutorial.md` as commands: what a newcomer types, and what the page shows of the answers.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::Utf8Path;

use super::page;
use crate::root;

/// Where the page has all that it makes.
pub(crate) const PLACE: &str = "target/first";
/// The command that takes minutes.
pub(crate) const INSTALL: &str = "cargo xtask lucarne install ";

/// A command of the page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// As a shell gets it, with what it is fed between `<<EOF` and `EOF`.
    pub(crate) line: String,
    /// Lines of what it prints, in their order; `…` in one is anything.
    pub(crate) shown: Vec<String>,
}

impl Step {
    /// The first line that it should have printed and did not.
    pub(crate) fn missing(&self, printed: &str) -> Option<&str> {
        let mut lines = printed.lines();
        let shown = self.shown.iter().map(String::as_str);
        let mut missing = shown.filter(|shown| !lines.any(|line| is_shown(shown, line)));
        missing.next()
    }
}

/// Whether a printed line has what is shown of it.
fn is_shown(shown: &str, line: &str) -> bool {
    let mut rest = line;
    shown.trim().split('…').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

/// The page's commands.
pub(crate) fn steps() -> Result<Vec<Step>> {
    let page = root::repository().join("docs/tutorial.md");
    let text = fs::read_to_string(&page).with_context(|| format!("cannot read `{page}`"))?;
    let steps = of(&text)?;
    ensure!(steps.len() > 8, "the tutorial has {} commands", steps.len());
    Ok(steps)
}

fn of(page: &str) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page::blocks(page) {
        if block.kind != "console" {
            continue;
        }
        let mut lines = block.text.lines();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else {
                let step = steps.last_mut();
                let step = step.with_context(|| format!("`{line}` is of no command"))?;
                step.shown.push(line.to_owned());
                continue;
            };
            let mut line = command.to_owned();
            if command.ends_with("<<EOF") {
                for fed in lines.by_ref() {
                    line = line + "\n" + fed;
                    if fed == "EOF" {
                        break;
                    }
                }
                line.push('\n');
            }
            let shown = Vec::new();
            steps.push(Step { line, shown });
        }
    }
    Ok(steps)
}

/// What the page's image is asked to be, and the words of `lucarne` that make it, where its folder
/// is another one.
pub(crate) fn install(place: &Utf8Path) -> Result<(String, Vec<String>)> {
    let steps = steps()?;
    let named = format!("> {PLACE}/spec.json <<EOF\n");
    let spec = steps.iter().find_map(|step| step.line.split_once(&named));
    let spec = spec.and_then(|(_, fed)| fed.strip_suffix("EOF\n"));
    let spec = spec.context("the tutorial writes no spec")?.to_owned();
    let line = steps
        .iter()
        .find_map(|step| step.line.strip_prefix(INSTALL));
    let line = line.context("the tutorial installs nothing")?;
    let words = format!("install {}", line.replace(PLACE, place.as_str()));
    Ok((spec, words.split(' ').map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_with_what_they_are_fed_and_what_they_print() {
        let page =
            "```console\n$ a <<EOF\n{}\nEOF\n$ b\none … two\nthree\n```\n```nix\n$ no\n```\n";
        let steps = of(page).expect("right");
        assert_eq!(steps[0].line, "a <<EOF\n{}\nEOF\n");
        assert_eq!(steps.len(), 2);
        let printed = "zero\nand one or two\nnot this\n  three\n";
        assert_eq!(steps[1].missing(printed), None);
        assert_eq!(steps[1].missing("three\none two"), Some("one … two"));
        assert_eq!(steps[1].missing("one and two"), Some("three"));
        of("```console\nprinted\n```\n").expect_err("by nobody");
    }

    #[test]
    fn the_page_says_how_its_image_is_made() {
        let (spec, words) = install("/there".into()).expect("it does");
        assert!(spec.contains("lucarne.spec/1"));
        assert_eq!(words[..2], ["install", "/there/spec.json"]);
        assert!(words.contains(&"/there/image".to_owned()));
    }
}
