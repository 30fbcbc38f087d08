//! `docs/reference`: what `lucarne schema` and `lucarne --help` say, as pages of the book.
//! `UPDATE_EXPECT=1` writes the pages anew; without, a page that is not of this code is told.

mod documents;

use std::fmt::Write as _;
use std::process::Command;

use expect_test::expect_file;
use serde_json::Value;

use crate::repository;
use documents::Documents;

/// Each page: its name, its document's, its heading, and what the document is. What two documents
/// have in common stands on the first one's page.
const PAGES: [(&str, &str, &str, &str); 9] = [
    (
        "steps",
        "spec",
        "Steps",
        "What can be done inside Windows, by `steps` of a spec or of a layer; how, tells \
         [Provisioning](../provisioning.md).",
    ),
    (
        "spec",
        "spec",
        "The spec of an image",
        "What `check`, `answer`, `media` and `install` read, and what the attributes of \
         `makeBaseImage` become.",
    ),
    (
        "layer",
        "layer",
        "The spec of a layer",
        "What `layer` reads, and what the attributes of `addLayer` become \
         ([Layers](../layers.md)).",
    ),
    (
        "machine",
        "machine",
        "The spec of a machine",
        "What `run` reads ([Running machines](../running.md)); the options of NixOS become it \
         ([options](../options-machines.md)).",
    ),
    (
        "manifest",
        "manifest",
        "The manifest of an image",
        "`manifest.json` beside the disk: all that `run` knows of an image.",
    ),
    (
        "events",
        "events",
        "Events",
        "What `install --json`, `layer --json` and `selftest --json` write, an object a line.",
    ),
    (
        "status",
        "status",
        "The status of a machine",
        "What `ctl NAME status --json` writes, and `ctl list --json` an array of.",
    ),
    (
        "state",
        "state",
        "The state of a machine",
        "`state.json` in the runtime folder of a machine that runs.",
    ),
    (
        "disk",
        "disk",
        "The data disk of a machine",
        "What `ctl NAME disk --json` writes.",
    ),
];

/// What a command that must succeed prints, at one width whatever the terminal's is.
pub(super) fn printed(words: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lucarne"))
        .args(words)
        .env("COLUMNS", "100")
        .output()
        .expect("runs");
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn documents_are_as_their_pages_say() {
    let mut documents = Documents::default();
    for (page, document, title, about) in PAGES {
        let schema = printed(&["schema".to_owned(), document.to_owned()]);
        let schema: Value = serde_json::from_str(&schema).expect("JSON");
        let root = if page == "steps" {
            schema["$defs"]["Step"].clone()
        } else {
            schema.clone()
        };
        let made = format!("Made of `lucarne schema {document}`.");
        let head = format!("# {title}\n\n{about} {made}\n");
        let text = documents.page(page, &schema, &root);
        assert!(text.matches("\n| `").count() > 3, "{page} says nothing");
        expect_file![repository(&format!("docs/reference/{page}.md"))].assert_eq(&(head + &text));
    }
}

#[test]
fn commands_are_as_their_page_says() {
    let mut text = String::from(
        "# The command line\n\nMade of what each command prints with `--help`. Data goes to \
         stdout, all else to stderr; what the exit codes mean stands at the end of the first \
         block.\n",
    );
    let mut open = vec![Vec::<String>::new()];
    let mut seen = 0;
    while let Some(words) = open.pop() {
        seen += 1;
        let mut asked = words.clone();
        asked.push("--help".to_owned());
        let help = printed(&asked);
        let name = [&["lucarne".to_owned()], &words[..]].concat().join(" ");
        let help = help.trim_end();
        let _ = write!(text, "\n## {name}\n\n```text\n{help}\n```\n");
        let mut below = commands(help);
        below.reverse();
        open.extend(
            below
                .into_iter()
                .map(|command| [&words[..], &[command]].concat()),
        );
    }
    assert!(seen > 15, "only {seen} commands");
    expect_file![repository("docs/reference/cli.md")].assert_eq(&text);
}

/// The commands that a help lists.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // Long words stand in lines of their own, and what is said of them is further in.
    let rows = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = rows.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}
