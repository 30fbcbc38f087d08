//! What the README and the guides show in Nix evaluates as it stands there, and the images that it
//! asks for are no problem. `guide.rs` and `remote/page.rs` have the pages whose blocks hang on one
//! another.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::book_nix::NAMES;
use super::eval::evaluated;
use super::templates::judge;
use crate::book::{page, pages};
use crate::parts;
use crate::test::{Context, Counts, Outcome};

const LIMIT: Duration = Duration::from_secs(120);

/// Pages that other checks evaluate, and who does; of the reference it is examples of options.
const OTHERS: [(&str, &str); 4] = [
    ("docs/matrix.md", "nix/guide"),
    ("docs/microvm.md", "nix/guide"),
    (
        "docs/options-",
        "each default and example by its type: nix/values",
    ),
    ("docs/remote-builders.md", "remote/builders"),
];

/// Files that blocks name beside them.
const FILES: [&str; 3] = ["data.csv", "setup.exe", "setup.ini"];
const KEYS: [&str; 2] = ["alice.pub", "id.pub"];
/// A public key that nobody has the other half of.
const KEY: &str = "tests/cases/seed-readme/ada.pub";

pub(super) fn shown(context: &Context) -> Result<Outcome> {
    for name in FILES {
        fs::write(context.folder.join(name), "")?;
    }
    for name in KEYS {
        fs::copy(context.repository.join(KEY), context.folder.join(name))?;
    }
    let mut list = String::new();
    for (page, text) in pages(&context.repository)? {
        if OTHERS.iter().any(|(begin, _)| page.starts_with(begin)) {
            continue;
        }
        let blocks = page::blocks(&text);
        let mut names = String::new();
        for block in blocks.iter().filter(|block| block.kind == "nix") {
            let name = format!("{}-{}.nix", page.replace('/', "-"), block.line);
            fs::write(context.folder.join(&name), function(&block.text))?;
            write!(names, " (import {}/{name})", context.folder)?;
        }
        if !names.is_empty() {
            writeln!(list, "\"{page}\" = [{names} ];")?;
        }
    }
    let file = context.repository.join("tests/nix/pages.nix");
    let expression = format!("import {file} {{ {list} }}");
    let asked = ["--read-write-mode", "--expr", &expression];
    let told: BTreeMap<String, Vec<Value>> =
        serde_json::from_value(evaluated(context, LIMIT, &asked)?)?;
    let mut counts = Counts::default();
    let mut specs = BTreeMap::new();
    for (page, blocks) in &told {
        for (n, block) in blocks.iter().enumerate() {
            let warnings = block["warnings"].as_array().map_or(0, Vec::len);
            ensure!(warnings == 0, "block {n} of {page} is warned of: {block:#}");
            if !block["spec"].is_null() {
                specs.insert(format!("{}-{n}", page.replace('/', "-")), &block["spec"]);
            }
            counts.passed += 1;
        }
    }
    ensure!(specs.len() > 8, "only {} specs", specs.len());
    judge(context, &parts::lucarne()?, &context.folder, &specs)?;
    network(context)?;
    counts.passed += 1;
    Ok(Outcome::Counted(counts))
}

/// A block as a function of what pages may name: an expression, or what stands in a set's braces.
fn function(text: &str) -> String {
    let text = text
        .replace("= …;", "= null;")
        .replace("[ … ]", "[ { directory.path = \"C:\\\\Page\"; } ]")
        .replace("\"…\"", "\"a password of a page\"")
        .replace('…', "");
    let first = text.lines().next().unwrap_or_default();
    if first.starts_with('{') || !first.contains(" = ") {
        return format!("{NAMES}{text}");
    }
    let end = if text.trim_end().ends_with(';') {
        ""
    } else {
        ";"
    };
    format!("{NAMES}{{\n{text}{end}\n}}\n")
}

/// The command of docs/network.md, word for word.
fn network(context: &Context) -> Result<()> {
    const PAGE: &str = "docs/network.md";
    let text = fs::read_to_string(context.repository.join(PAGE))?;
    let blocks = page::blocks(&text);
    let command = blocks.iter().find_map(|block| {
        let command = block.text.strip_prefix("$ ")?;
        command.starts_with("nix-instantiate ").then_some(command)
    });
    let command = command.with_context(|| format!("{PAGE} has no command of Nix'"))?;
    let line = format!("cd '{}' && {command}", context.repository);
    let told = context.read(LIMIT, &["sh", "-c", &line])?;
    let files: BTreeMap<String, Value> = serde_json::from_str(&told)?;
    for name in ["dnsmasq.conf", "network.nft"] {
        ensure!(files.contains_key(name), "{PAGE}: {:?}", files.keys());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_an_expression_or_a_part_of_a_set() {
        let check = |text, wanted| assert_eq!(function(text), format!("{NAMES}{wanted}"));
        check("f {\n  a = …;\n}\n", "f {\n  a = null;\n}\n");
        check(
            "{ a = [ … ]; }",
            "{ a = [ { directory.path = \"C:\\\\Page\"; } ]; }",
        );
        check("a.b = f { … };\n", "{\na.b = f {  };\n\n}\n");
        check("g = x: {\n}\n", "{\ng = x: {\n}\n;\n}\n");
    }
}
