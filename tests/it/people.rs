//! The command line for people: colours, completions, pages of the manual, what was meant.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn lucarne(args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lucarne"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(args).envs(environment.iter().copied());
    command.output().expect("runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let wrong = |environment: &[(&str, &str)]| {
        let output = lucarne(&["chekc"], environment);
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr).to_owned()
    };
    let plain = wrong(&[]);
    assert!(plain.starts_with("error: ") && !plain.contains('\u{1b}'));
    let forced = wrong(&[("CLICOLOR_FORCE", "1")]);
    assert!(forced.starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m "));
    let refused = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    assert_eq!(wrong(&refused), plain);
    let help = |environment| lucarne(&["--help"], environment).stdout;
    assert!(!text(&help(&[])).contains('\u{1b}'));
    assert!(text(&help(&[("CLICOLOR_FORCE", "1")])).contains("\u{1b}[1mUsage:\u{1b}[0m"));
}

#[test]
fn what_programs_read_has_no_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().to_str().expect("UTF-8");
    let environment = [("CLICOLOR_FORCE", "1"), ("XDG_STATE_HOME", here)];
    for args in [&["ctl", "list", "--json"][..], &["schema", "spec"]] {
        let output = lucarne(args, &environment);
        assert_eq!(output.status.code(), Some(0));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON");
    }
}

#[test]
fn what_was_probably_meant_is_told() {
    let check = |args: &[&str], tip: &str| {
        let output = lucarne(args, &[]);
        assert_eq!(output.status.code(), Some(1));
        let told = text(&output.stderr);
        let line = told.lines().find(|line| line.starts_with("  tip: "));
        assert!(line.is_some_and(|line| line.contains(tip)), "{told}");
    };
    check(&["chekc"], "'check'");
    check(&["ctl", "office", "screnshot"], "'screenshot'");
    check(
        &["check", "a", "--jsn"],
        "a similar argument exists: '--json'",
    );
    check(&["schema", "manifst"], "a similar value exists: 'manifest'");
}

/// What a folder holds.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("is there");
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().expect("UTF-8");
        (name, fs::read(entry.path()).expect("is a file"))
    };
    let entries = entries.map(|entry| file(entry.expect("is readable")));
    entries.collect()
}

#[test]
fn each_command_has_its_page_twice_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = |name: &str| {
        let out = folder.path().join(name);
        let output = lucarne(&["man", out.to_str().expect("UTF-8")], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        files(&out)
    };
    let (one, other) = (pages("one"), pages("other"));
    assert_eq!(one, other);
    for name in ["lucarne.1", "lucarne-check.1", "lucarne-ctl-screenshot.1"] {
        assert!(one.contains_key(name), "{:?}", one.keys());
    }
    let page = text(&one["lucarne.1"]);
    assert!(page.contains("Exit codes:") && page.contains("lucarne\\-check(1)"));
    // The source is a page's fourth word, which an empty third one must not be taken for.
    let title = format!(
        " 1 \"\" \"lucarne {}\" \"Lucarne\"\n",
        env!("CARGO_PKG_VERSION")
    );
    for (name, page) in &one {
        let page = text(page);
        assert!(page.is_ascii() && page.contains(&title), "{name}");
        assert!(!page.contains(" \n") && !page.contains(".br\n\n"), "{name}");
    }
    let check = text(&one["lucarne-export.1"]);
    assert!(
        check.contains("lucarne export [OPTIONS] \\-\\-format <FORMAT> \\-\\-out <DIR> <IMAGE>\n")
    );
    let again = folder.path().join("one");
    let output = lucarne(&["man", again.to_str().expect("UTF-8")], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is there already\n\nhint: "));
}

#[test]
fn each_shell_has_its_completions() {
    for (shell, holds) in [
        ("bash", "complete -F _lucarne_machines"),
        ("fish", "complete -c lucarne"),
        ("zsh", "#compdef lucarne"),
    ] {
        let output = lucarne(&["completions", shell], &[]);
        assert_eq!(output.status.code(), Some(0));
        let script = text(&output.stdout);
        assert!(script.contains(holds) && script.contains("virtio-win"));
        assert_eq!(lucarne(&["completions", shell], &[]).stdout, output.stdout);
    }
}
