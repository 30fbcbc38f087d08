//! The rules of the house that neither the compiler nor clippy knows.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{read, repository};

const LINES_MAX: usize = 400;
const COLUMNS_MAX: usize = 100;
const FUNCTION_LINES_MAX: usize = 70;
const FOLDERS: &str = "src protocol guest tests xtask data nix examples fuzz";

/// Pure: equal inputs give equal bytes, so neither files nor clock, environment or chance.
const PURE: [&str; 37] = [
    "guest/src/args.rs",
    "guest/src/boot",
    "guest/src/course",
    "guest/src/exit.rs",
    "guest/src/held.rs",
    "guest/src/list.rs",
    "guest/src/name.rs",
    "guest/src/output.rs",
    "guest/src/quiet.rs",
    "guest/src/report.rs",
    "guest/src/service.rs",
    "guest/src/state.rs",
    "guest/src/task.rs",
    "guest/src/text.rs",
    "src/answer/",
    "src/doctor/judge/",
    "src/doctor/seen.rs",
    "src/export/common/",
    "src/export/facts.rs",
    "src/export/incus",
    "src/export/libvirt",
    "src/export/lima",
    "src/export/manifests",
    "src/export/proxmox",
    "src/export/sound.rs",
    "src/guest/",
    "src/instance/course",
    "src/instance/plan",
    "src/instance/spec",
    "src/instance/tap/",
    "src/machine/",
    "src/plan/",
    "src/problem.rs",
    "src/progress/",
    "src/spec/",
    "src/unattend/",
    "protocol/src/",
];
/// The only places that start processes.
const STARTS_PROCESSES: [&str; 4] = ["src/exec.rs", "src/exec/", "src/guard.rs", "src/qemu/"];
/// The only places that write files: output, and the work folders of an install.
const WRITES_FILES: [&str; 13] = [
    "src/builder/",
    "src/doctor/look/kvm.rs",
    "src/exec.rs",
    "src/export/",
    "src/install/",
    "src/instance/",
    "src/media/",
    "src/output",
    "src/qemu/",
    "src/seal/",
    "src/selftest/",
    "src/start",
    "src/windows_iso/boot/overlay.rs",
];

/// A file of the repository: its path from the top, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// Whether it is compiled into tests alone.
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("tests") || ["fixture.rs", "transcripts.rs"].contains(&name)
    }

    /// The numbered lines of code: no comments, and nothing behind the inner test module.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod tests {");
        let text = &self.text[..end.unwrap_or(self.text.len())];
        let numbered = (1..).zip(text.lines());
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// All files with one of some endings, `target` left out.
fn sources(endings: &[&str]) -> Vec<Source> {
    let folders = FOLDERS.split(' ').map(repository);
    let mut open: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            let name = from_top(&path);
            if path.is_dir() {
                if !name.ends_with("/target") {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = read(&path);
                found.push(Source { path: name, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the sources are found");
    found
}

fn from_top(path: &Path) -> String {
    let path = path.strip_prefix(repository("")).expect("is below the top");
    path.to_str().expect("paths are UTF-8").to_owned()
}

/// Fails with all places at once.
#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn files_are_short() {
    let long = sources(&[".rs", ".nix"]).into_iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > LINES_MAX).then(|| format!("{}: {lines} lines", source.path))
    });
    none(&long.collect::<Vec<_>>());
}

#[test]
fn lines_are_short() {
    let mut found = Vec::new();
    for source in sources(&[".rs"]) {
        for (number, line) in (1..).zip(source.text.lines()) {
            if line.chars().count() > COLUMNS_MAX {
                found.push(format!("{}:{number}: a line too long", source.path));
            }
        }
    }
    none(&found);
}

#[test]
fn functions_are_short() {
    let mut found = Vec::new();
    for source in sources(&[".rs"]) {
        let lines: Vec<_> = source.text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            if let Some(length) = function_length(&lines[start..], line)
                && length > FUNCTION_LINES_MAX
            {
                let number = start + 1;
                found.push(format!("{}:{number}: {length} lines", source.path));
            }
        }
    }
    none(&found);
}

/// The lines of the function that a line begins. rustfmt puts its last brace below its first word.
fn function_length(lines: &[&str], first: &str) -> Option<usize> {
    let indent = first.len() - first.trim_start().len();
    let words: Vec<_> = first.split_whitespace().collect();
    let before = words.iter().position(|word| *word == "fn")?;
    let modifiers = ["async", "const", "pub", "pub(crate)", "pub(super)"];
    if !words[..before].iter().all(|word| modifiers.contains(word)) || first.ends_with('}') {
        return None;
    }
    let end = lines.iter().position(|line| {
        let (spaces, rest) = line.split_at_checked(indent).unwrap_or((line, ""));
        spaces.trim().is_empty() && (rest == "}" || rest.ends_with(';') && !rest.starts_with(' '))
    })?;
    Some(end + 1)
}

#[test]
fn functions_are_measured() {
    let long = format!("    fn f(\n    ) {{\n{}    }}", "        x;\n".repeat(80));
    let lines: Vec<_> = long.lines().collect();
    assert_eq!(function_length(&lines, lines[0]), Some(83));
    assert_eq!(function_length(&["fn f();", "}"], "fn f();"), Some(1));
}

#[test]
fn files_say_what_they_are_for() {
    let silent = sources(&[".rs"]).into_iter();
    let silent = silent.filter(|source| !source.text.starts_with("//! "));
    none(&silent.map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_for_later() {
    // In pieces, for this file is looked at too.
    let words = [
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("XX", "X:"),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("#[ig", "nore"),
        concat!("thread::sl", "eep("),
    ];
    let mut found = Vec::new();
    for source in sources(&[".rs", ".nix", ".cmd"]) {
        for (number, line) in (1..).zip(source.text.lines()) {
            let words = words.iter().filter(|word| line.contains(**word));
            found.extend(words.map(|word| format!("{}:{number}: {word}", source.path)));
        }
    }
    none(&found);
}

#[test]
fn what_is_pure_stays_pure() {
    let effects = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "SystemTime",
        "Instant::now",
        "tokio::",
        "rustix::",
        "getrandom",
    ];
    none(&uses(&effects, |source| source.is_in(&PURE)));
}

/// The host's clock may jump: it dates what is made, and nothing is measured or waited for by it.
#[test]
fn deadlines_do_not_hang_on_the_hosts_clock() {
    let dates = [
        "src/time.rs",
        "src/install/supervise.rs",
        "src/instance/run.rs",
        "src/instance/supervise/told.rs",
    ];
    let clocks = ["SystemTime", "UNIX_EPOCH", "time::now(", "CLOCK_REALTIME"];
    none(&uses(&clocks, |source| {
        source.path.starts_with("src/") && !source.is_in(&dates)
    }));
    let supervisor = read(&repository("src/install/supervise.rs"));
    let count = supervisor.matches("time::now(").count();
    assert_eq!(count, 1, "the start's date");
}

#[test]
fn processes_start_in_one_place() {
    let starts = [
        "std::process::Command",
        "tokio::process",
        "process::{Command",
    ];
    let elsewhere =
        |source: &Source| source.path.starts_with("src/") && !source.is_in(&STARTS_PROCESSES);
    none(&uses(&starts, elsewhere));
}

#[test]
fn files_are_written_in_few_places() {
    let writes = [
        "fs::write(",
        "fs::rename(",
        "fs::copy(",
        "fs::create_dir",
        "fs::remove_",
        "fs::hard_link(",
        "fs::set_permissions(",
        "File::create",
        "OpenOptions::",
        "File::options(",
    ];
    none(&uses(&writes, |source| {
        source.path.starts_with("src/") && !source.is_in(&WRITES_FILES)
    }));
}

/// Where code outside of tests uses one of some words.
fn uses(words: &[&str], wanted: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = 0;
    let sources = sources(&[".rs"]).into_iter();
    for source in sources.filter(|source| !source.is_test() && wanted(source)) {
        seen += 1;
        for (number, line) in source.code() {
            let words = words.iter().filter(|word| line.contains(**word));
            found.extend(words.map(|word| format!("{}:{number}: {word}", source.path)));
        }
    }
    assert!(seen > 3, "the rule looks at something");
    found
}

/// Lower case, no final period: a message is a part of a longer line.
#[test]
fn messages_have_one_form() {
    let names = ["Nix", "QEMU", "Server", "Setup", "Windows"];
    let calls = [
        "bail!(\"",
        "anyhow!(\"",
        "context(\"",
        "Problem::new(at, \"",
    ];
    let mut found = Vec::new();
    for source in sources(&[".rs"]) {
        for (number, line) in source.code() {
            let texts = calls.iter().filter_map(|call| line.split_once(call));
            for (_, text) in texts {
                let text = text.split('"').next().unwrap_or_default();
                let first = text.split(' ').next().unwrap_or_default();
                // `QEMU` and `Windows` may begin a message; another capitalised word may not.
                let capital = first.starts_with(char::is_uppercase)
                    && first.chars().skip(1).any(char::is_lowercase)
                    && !names.iter().any(|name| first.starts_with(name));
                if capital || text.ends_with('.') {
                    found.push(format!("{}:{number}: {text}", source.path));
                }
            }
        }
    }
    none(&found);
}

/// A program that writes to a path with a variable in it, which nobody set, leaves a folder of that
/// name wherever it was started.
#[test]
fn nothing_strays_into_the_top() {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mut found = Vec::new();
    for entry in fs::read_dir(repository("")).expect("the top can be listed") {
        let name = entry.expect("the top can be listed").file_name();
        let name = name.to_str().expect("names are UTF-8").to_owned();
        found.extend((!name.chars().all(plain)).then_some(name));
    }
    none(&found);
}

/// What this machine is called, and where its packages come from, is nobody's business.
#[test]
fn no_place_of_this_machine_is_named() {
    let places = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/."),
        concat!("/ho", "me/"),
    ];
    let mut found = Vec::new();
    for source in sources(&[".rs", ".nix", ".json", ".toml", ".cmd", ".md", ".tsv"]) {
        for (number, line) in (1..).zip(source.text.lines()) {
            let places = places.iter().filter(|place| line.contains(**place));
            found.extend(places.map(|place| format!("{}:{number}: {place}", source.path)));
        }
    }
    for folder in ["", "fuzz/", "guest/", "tests/standin/", "xtask/"] {
        let lock = format!("{folder}Cargo.lock");
        let path = repository(&lock);
        let text = if path.exists() { read(&path) } else { continue };
        let sources = text
            .lines()
            .filter_map(|line| line.strip_prefix("source = "));
        let foreign = sources.filter(|source| {
            *source != "\"registry+https://github.com/rust-lang/crates.io-index\""
        });
        found.extend(foreign.map(|source| format!("{lock}: {source}")));
    }
    none(&found);
}

/// The example that people copy is the case that is tested.
#[test]
fn the_readme_shows_the_minimal_case() {
    let readme = repository("README.md");
    let unindented = |text: &str| {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        lines.join("\n")
    };
    let case = read(&repository("tests/cases/minimal/case.nix"));
    let (_, call) = case.split_once(":\n").expect("a function of `windows`");
    let call = unindented(call.trim());
    let shown = unindented(&read(&readme));
    assert!(shown.contains(&call), "the README does not show:\n{call}");
}
