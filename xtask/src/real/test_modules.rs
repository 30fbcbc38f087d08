//! Which files of a crate are compiled into its tests alone.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};

/// The files of all modules below a folder that are declared as `#[cfg(test)] mod NAME;`.
pub(super) fn of(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = folder
            .read_dir_utf8()
            .with_context(|| format!("cannot read `{folder}`"))?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                open.push(path.to_owned());
            } else if path.extension() == Some("rs") {
                for name in declared(&fs::read_to_string(path)?) {
                    let module = place(path, name);
                    ensure!(
                        module.is_file(),
                        "`{path}` declares `{name}`, not `{module}`"
                    );
                    found.push(module);
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The modules that a file declares for tests alone. One with a body is a part of the file.
fn declared(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line != "#[cfg(test)]" {
            continue;
        }
        let next = lines.next().unwrap_or_default();
        let module = next.strip_suffix(';').and_then(|next| {
            let (before, name) = next.split_once("mod ")?;
            (before.is_empty() || before.starts_with("pub")).then_some(name)
        });
        names.extend(module);
    }
    names
}

/// Where rustc looks for a module that a file declares.
fn place(file: &Utf8Path, name: &str) -> Utf8PathBuf {
    let stem = file.file_stem().unwrap_or_default();
    let folder = match stem {
        "lib" | "main" | "mod" => file.with_file_name(""),
        _ => file.with_extension(""),
    };
    folder.join(format!("{name}.rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_with_a_file_of_their_own_are_found() {
        let text = "\
mod a;
#[cfg(test)]
mod b;
#[cfg(test)]
pub(crate) mod c;
#[cfg(test)]
mod tests {
    #[cfg(test)]
    fn mod_d() {}
}
";
        assert_eq!(declared(text), ["b", "c"]);
        assert_eq!(place("src/a/mod.rs".into(), "b"), "src/a/b.rs");
        assert_eq!(place("src/a.rs".into(), "b"), "src/a/b.rs");
    }
}
