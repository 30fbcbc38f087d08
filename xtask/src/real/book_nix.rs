//! Every block of Nix in the README and the book is Nix.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::book::{page, pages};
use crate::test::{Context, Counts, Outcome};

const LIMIT: Duration = Duration::from_secs(60);

/// What blocks may name that is not theirs; a name that is nobody's is told.
pub(super) const NAMES: &str =
    "{ config, image, iso, lib, lucarne, microvm, pkgs, some-image, windows, ... }:\n";

/// A block is an expression, or what stands in a set's braces. Says which files are neither.
const PARSE: &str = "for whole in *.whole.nix; do \
        nix-instantiate --parse \"$whole\" >/dev/null 2>&1 && continue; \
        part=${whole%.whole.nix}.part.nix; \
        nix-instantiate --parse \"$part\" >/dev/null 2>error && continue; \
        echo \"$whole\"; cat error; \
    done";

/// Parses all of them, and sees that what is no Nix is told.
pub(super) fn parsed(context: &Context) -> Result<Outcome> {
    let folder = context.folder.join("blocks");
    fs::create_dir(&folder)?;
    let write = |name: &str, text: &str| -> Result<()> {
        fs::write(
            folder.join(format!("{name}.whole.nix")),
            format!("{NAMES}{text}"),
        )?;
        let text = text.trim_end();
        let end = if text.ends_with(';') { "" } else { ";" };
        let part = format!("{NAMES}{{\n{text}{end}\n}}\n");
        fs::write(folder.join(format!("{name}.part.nix")), part)?;
        Ok(())
    };
    let mut passed = 0;
    for (name, text) in pages(&context.repository)? {
        for block in page::blocks(&text) {
            if block.kind == "nix" {
                let file = format!("{}-{}", name.replace('/', "-"), block.line);
                write(&file, &filled(&block.text))?;
                passed += 1;
            }
        }
    }
    ensure!(passed > 30, "only {passed} blocks");
    write("none", "{ a = ; }")?;
    let script = format!("cd {folder} && {PARSE}");
    let told = context.read(LIMIT, &["bash", "-c", &script])?;
    let (none, others): (Vec<_>, Vec<_>) = told
        .lines()
        .filter(|line| line.ends_with(".whole.nix"))
        .partition(|name| *name == "none.whole.nix");
    ensure!(none.len() == 1, "what is no Nix is not told");
    ensure!(others.is_empty(), "no Nix: {told}");
    let counts = Counts {
        passed,
        ..Counts::default()
    };
    Ok(Outcome::Counted(counts))
}

/// A block with something in the place of what a reader is to put there.
fn filled(text: &str) -> String {
    let text = text.replace("= …;", "= null;").replace("(…)", "null");
    text.replace('…', "")
}
