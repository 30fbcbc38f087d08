//! A small, strict reading of `cmd.exe`'s one-liners: what it cannot interpret, it refuses.

mod files;
mod lex;
mod parse;
mod pnputil;
mod reg;
mod run;
mod system;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

pub use run::Machine;

/// Registry values that commands wrote: by key, then by name.
pub type Registry = BTreeMap<String, BTreeMap<String, Value>>;

/// A registry value as `reg add` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    #[serde(rename = "type")]
    pub kind: String,
    pub data: String,
}

/// Runs a command line the way Setup starts it: as a process, not in a shell. The result is its
/// exit code; an error is something that this interpreter does not know.
pub fn run(machine: &mut Machine<'_>, line: &str) -> Result<i32> {
    let line = line.trim();
    let (program, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let program = program.trim_matches('"').to_ascii_lowercase();
    let name = program.rsplit('\\').next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    match name {
        "cmd" => shell(machine, rest),
        // Programs of their own, which need no shell; `copy`, `md` and `for` do.
        "net" | "pnputil" | "powercfg" | "reg" | "xcopy" => {
            let list = parse::parse(&lex::lex(&machine.expand(line))?)?;
            machine.list(&list)
        }
        "lucarne-guest" => machine.guest(&program, rest.trim()),
        _ => bail!("no program is called `{program}`, or the stand-in does not know it"),
    }
}

fn shell(machine: &mut Machine<'_>, rest: &str) -> Result<i32> {
    let mut rest = rest.trim_start();
    loop {
        let (option, behind) = rest.split_at_checked(2).context("`cmd` without `/c`")?;
        rest = behind.trim_start();
        match option.to_ascii_lowercase().as_str() {
            "/c" => break,
            "/d" | "/q" | "/s" => {}
            // Setup would wait for a shell that stays open.
            other => bail!("`cmd {other}` is nothing that ends by itself"),
        }
    }
    // cmd takes the first quote and the last one away when there are more than two, or when
    // something between them is special; a line of one quoted program is not used here.
    let script = match rest.strip_prefix('"') {
        Some(inner) => {
            let (script, behind) = inner.rsplit_once('"').context("an open quote")?;
            ensure!(behind.trim().is_empty(), "text behind the quoted command");
            script
        }
        None => rest,
    };
    let expanded = machine.expand(script);
    let list = parse::parse(&lex::lex(&expanded)?)?;
    machine.list(&list)
}

#[cfg(test)]
mod tests;
