//! Does what a command line says, on folders that stand for drives.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    Registry, Value,
    parse::{Command, Condition, Join, List, Test, What},
};
use crate::drives::{Drives, entry};

/// What commands work on.
#[derive(Debug)]
pub struct Machine<'a> {
    pub drives: &'a Drives,
    pub registry: &'a mut Registry,
    pub variables: Vec<(char, String)>,
    pub error_level: i32,
}

/// A command that ran and failed, as Windows' own would.
const FAILED: i32 = 1;

impl<'a> Machine<'a> {
    /// A machine where nothing has run yet.
    pub fn new(drives: &'a Drives, registry: &'a mut Registry) -> Self {
        Self {
            drives,
            registry,
            variables: Vec::new(),
            error_level: 0,
        }
    }

    /// Replaces `%NAME%` by its value; what is unknown stays as it is, as on a command line.
    #[must_use]
    pub fn expand(&self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some((before, behind)) = rest.split_once('%') {
            out.push_str(before);
            let known = behind
                .split_once('%')
                .and_then(|(name, after)| Some((variable(name)?, after)));
            if let Some((value, after)) = known {
                out.push_str(value);
                rest = after;
            } else {
                out.push('%');
                rest = behind;
            }
        }
        out + rest
    }

    /// Runs a list and gives the last exit code.
    pub(super) fn list(&mut self, list: &List) -> Result<i32> {
        for (join, command) in list {
            let runs = match join {
                Join::Always => true,
                Join::AfterSuccess => self.error_level == 0,
                Join::AfterFailure => self.error_level != 0,
            };
            if runs {
                self.command(command)?;
            }
        }
        Ok(self.error_level)
    }

    fn command(&mut self, command: &Command) -> Result<()> {
        match &command.what {
            What::Group(list) => drop(self.list(list)?),
            What::For(name, items, body) => {
                for item in items {
                    self.variables.push((*name, item.clone()));
                    let result = self.list(body);
                    self.variables.pop();
                    result?;
                }
            }
            What::If(condition, then, otherwise) => {
                let branch = if self.holds(condition)? {
                    then
                } else {
                    otherwise
                };
                self.list(branch)?;
            }
            What::Simple(words) => {
                let words: Vec<String> = words.iter().map(|word| self.substitute(word)).collect();
                let output = match &command.output {
                    Some((target, appends)) => Some((self.substitute(target), *appends)),
                    None => None,
                };
                self.error_level = self.simple(&words, output.as_ref())?;
            }
        }
        Ok(())
    }

    /// Replaces `%i` and `%~i` by the loop's item.
    fn substitute(&self, word: &str) -> String {
        let mut word = word.to_owned();
        for (name, value) in self.variables.iter().rev() {
            word = word.replace(&format!("%~{name}"), value.trim_matches('"'));
            word = word.replace(&format!("%{name}"), value);
        }
        word
    }

    fn holds(&self, condition: &Condition) -> Result<bool> {
        let holds = match &condition.test {
            Test::Exists(path) => self.exists(&self.substitute(path))?,
            Test::ErrorLevel(level) => self.error_level >= *level,
            Test::Equal(left, right, ignores_case) => {
                let (left, right) = (self.substitute(left), self.substitute(right));
                left == right || (*ignores_case && left.eq_ignore_ascii_case(&right))
            }
        };
        Ok(holds != condition.not)
    }

    fn exists(&self, path: &str) -> Result<bool> {
        let path = unquote(path);
        if path.contains(['*', '?']) {
            return Ok(!self.sources(path)?.is_empty());
        }
        let folder = path.ends_with('\\');
        let found = self.drives.find(path)?;
        Ok(found.is_some_and(|found| !folder || found.is_dir()))
    }

    fn simple(&mut self, words: &[String], output: Option<&(String, bool)>) -> Result<i32> {
        let name = unquote(&words[0]).to_ascii_lowercase();
        let arguments = &words[1..];
        match name.strip_suffix(".exe").unwrap_or(&name) {
            "md" | "mkdir" => self.make_folders(arguments),
            "copy" => self.copy(arguments),
            "xcopy" => self.copy_tree(arguments),
            "del" | "erase" => self.delete(arguments),
            "reg" => self.registry(arguments),
            "echo" => self.echo(arguments, output),
            "rem" | "ver" => Ok(0),
            "exit" => {
                let code = arguments
                    .iter()
                    .find(|word| !word.eq_ignore_ascii_case("/b"));
                Ok(code.map_or(Ok(self.error_level), |word| word.parse())?)
            }
            "(call" | "call" => bail!("`call` is not known here"),
            other => bail!("the command `{other}` is not known here"),
        }
    }

    fn make_folders(&self, arguments: &[String]) -> Result<i32> {
        ensure!(!arguments.is_empty(), "`md` without a folder");
        let mut code = 0;
        for path in arguments {
            let at = self.drives.place(unquote(path))?;
            if at.exists() {
                code = FAILED;
            } else {
                fs::create_dir_all(&at)
                    .with_context(|| format!("cannot make `{}`", at.display()))?;
            }
        }
        Ok(code)
    }

    fn copy(&self, arguments: &[String]) -> Result<i32> {
        let (options, paths) = split_options(arguments);
        for option in &options {
            ensure!(
                ["/y", "/v", "/b", "/d", "/z"].contains(&option.as_str()),
                "`copy {option}` is not known here"
            );
        }
        let [from, to] = paths[..] else {
            bail!("`copy` takes a source and a target here");
        };
        let sources: Vec<PathBuf> = self.sources(from)?;
        let sources: Vec<PathBuf> = sources.into_iter().filter(|path| path.is_file()).collect();
        if sources.is_empty() {
            return Ok(FAILED);
        }
        let target = self.drives.place(to)?;
        if !target.is_dir() {
            if to.ends_with('\\') || !target.parent().is_some_and(Path::is_dir) {
                return Ok(FAILED);
            }
            // cmd would write them all into one file of that name.
            ensure!(
                sources.len() == 1,
                "`copy` of several files to `{to}`, which is no folder"
            );
        }
        for source in sources {
            copy_file(
                &source,
                &target,
                options.iter().any(|option| option == "/y"),
            )?;
        }
        Ok(0)
    }

    fn copy_tree(&self, arguments: &[String]) -> Result<i32> {
        let (options, paths) = split_options(arguments);
        let known = [
            "/e", "/s", "/i", "/y", "/q", "/h", "/r", "/k", "/c", "/f", "/v", "/g",
        ];
        for option in &options {
            ensure!(
                known.contains(&option.as_str()),
                "`xcopy {option}` is not known here"
            );
        }
        let has = |wanted: &str| options.iter().any(|option| option == wanted);
        let [from, to] = paths[..] else {
            bail!("`xcopy` takes a source and a target here");
        };
        let found = if from.contains(['*', '?']) {
            None
        } else {
            self.drives.find(from)?
        };
        let sources = match &found {
            Some(folder) if folder.is_dir() => list(folder)?,
            _ => self.sources(from)?,
        };
        // xcopy's own exit code for "no files were found".
        if sources.is_empty() {
            return Ok(4);
        }
        let target = self.drives.place(to)?;
        let folder = target.is_dir() || to.ends_with('\\') || has("/i");
        ensure!(
            folder,
            "`xcopy` asks whether `{to}` is a file or a folder, and nobody answers"
        );
        copy_all(&sources, &target, has("/e") || has("/s"), has("/y"))?;
        Ok(0)
    }

    /// The files that a path or a pattern in its last part names.
    fn sources(&self, path: &str) -> Result<Vec<PathBuf>> {
        let (folder, name) = path.rsplit_once('\\').context("a path without a folder")?;
        if !name.contains(['*', '?']) {
            let Some(found) = self.drives.find(path)? else {
                return Ok(Vec::new());
            };
            // A folder stands for all files in it.
            return if found.is_dir() {
                list(&found)
            } else {
                Ok(vec![found])
            };
        }
        let Some(folder) = self.drives.find(&format!("{folder}\\"))? else {
            return Ok(Vec::new());
        };
        let mut found = list(&folder)?;
        found.retain(|path| {
            let own = path.file_name().unwrap_or_default().to_string_lossy();
            matches(&own.to_lowercase(), &name.to_lowercase())
        });
        Ok(found)
    }

    fn delete(&self, arguments: &[String]) -> Result<i32> {
        let (_, paths) = split_options(arguments);
        for path in paths {
            for file in self.sources(path)?.iter().filter(|file| file.is_file()) {
                fs::remove_file(file)
                    .with_context(|| format!("cannot remove `{}`", file.display()))?;
            }
        }
        Ok(0)
    }

    fn echo(&self, arguments: &[String], output: Option<&(String, bool)>) -> Result<i32> {
        use std::io::Write as _;
        let Some((target, appends)) = output else {
            return Ok(0);
        };
        let target = unquote(target);
        if ["nul", "con", "com1", "com2"].contains(&target.to_ascii_lowercase().as_str()) {
            return Ok(0);
        }
        let at = self.drives.place(target)?;
        let file = fs::OpenOptions::new()
            .create(true)
            .write(true)
            .append(*appends)
            .truncate(!*appends)
            .open(&at);
        let text = arguments.join(" ") + "\r\n";
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write `{}`", at.display()))?;
        Ok(0)
    }

    fn registry(&mut self, arguments: &[String]) -> Result<i32> {
        let words: Vec<&str> = arguments.iter().map(|word| unquote(word)).collect();
        let [verb, key, options @ ..] = &words[..] else {
            bail!("`reg` without a key");
        };
        ensure!(
            verb.eq_ignore_ascii_case("add"),
            "`reg {verb}` is not known here"
        );
        let (root, below) = key
            .split_once('\\')
            .context("a registry key without a root")?;
        let root = match root.to_ascii_uppercase().as_str() {
            "HKLM" | "HKEY_LOCAL_MACHINE" => "HKLM",
            "HKU" | "HKEY_USERS" => "HKU",
            "HKCU" | "HKEY_CURRENT_USER" => "HKCU",
            other => bail!("no registry root is called `{other}`"),
        };
        let mut value = Value {
            kind: "REG_SZ".into(),
            data: String::new(),
        };
        let mut name = None;
        let mut forced = false;
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let mut next = || {
                options
                    .next()
                    .with_context(|| format!("nothing behind `{option}`"))
            };
            match option.to_ascii_lowercase().as_str() {
                "/v" => name = Some((*next()?).to_owned()),
                "/ve" => name = Some(String::new()),
                "/t" => value.kind = next()?.to_ascii_uppercase(),
                "/d" => value.data = (*next()?).to_owned(),
                "/f" => forced = true,
                other => bail!("`reg add {other}` is not known here"),
            }
        }
        check_value(&value)?;
        let values = self
            .registry
            .entry(format!("{root}\\{below}").to_lowercase())
            .or_default();
        if let Some(name) = name {
            let there = values.insert(name.to_lowercase(), value).is_some();
            ensure!(
                forced || !there,
                "`reg add` asks whether to overwrite, and nobody answers"
            );
        }
        Ok(0)
    }
}

fn check_value(value: &Value) -> Result<()> {
    let bits = match value.kind.as_str() {
        "REG_SZ" | "REG_EXPAND_SZ" | "REG_MULTI_SZ" | "REG_BINARY" => return Ok(()),
        "REG_DWORD" => 32,
        "REG_QWORD" => 64,
        other => bail!("no registry type is called `{other}`"),
    };
    let number = match value.data.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => value.data.parse(),
    };
    let number = number.with_context(|| format!("`{}` is no {}", value.data, value.kind))?;
    ensure!(
        bits == 64 || number >> bits == 0,
        "`{}` is no {}",
        value.data,
        value.kind
    );
    Ok(())
}

fn variable(name: &str) -> Option<&'static str> {
    const VARIABLES: &[(&str, &str)] = &[
        ("SystemDrive", "C:"),
        ("SystemRoot", r"C:\Windows"),
        ("WINDIR", r"C:\Windows"),
        ("ProgramData", r"C:\ProgramData"),
        ("ProgramFiles", r"C:\Program Files"),
        ("PUBLIC", r"C:\Users\Public"),
        ("TEMP", r"C:\Windows\Temp"),
    ];
    let found = VARIABLES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| *value)
}

fn unquote(word: &str) -> &str {
    word.trim_matches('"')
}

fn split_options(arguments: &[String]) -> (Vec<String>, Vec<&str>) {
    let (options, paths): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(|word| unquote(word))
        .partition(|word| word.starts_with('/'));
    (
        options
            .iter()
            .map(|option| option.to_ascii_lowercase())
            .collect(),
        paths,
    )
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder);
    for one in entries.with_context(|| format!("cannot read `{}`", folder.display()))? {
        found.push(one.context("cannot read a folder")?.path());
    }
    found.sort();
    Ok(found)
}

fn copy_file(source: &Path, target: &Path, overwrites: bool) -> Result<()> {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let at = if target.is_dir() {
        entry(target, &name).unwrap_or_else(|| target.join(&*name))
    } else {
        target.to_owned()
    };
    ensure!(
        overwrites || !at.exists(),
        "a copy asks whether to overwrite, and nobody answers"
    );
    fs::copy(source, &at).with_context(|| format!("cannot copy to `{}`", at.display()))?;
    Ok(())
}

fn copy_all(sources: &[PathBuf], target: &Path, deep: bool, overwrites: bool) -> Result<()> {
    fs::create_dir_all(target).with_context(|| format!("cannot make `{}`", target.display()))?;
    for source in sources {
        if source.is_file() {
            copy_file(source, target, overwrites)?;
        } else if deep {
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let below = entry(target, &name).unwrap_or_else(|| target.join(&*name));
            copy_all(&list(source)?, &below, deep, overwrites)?;
        }
    }
    Ok(())
}

/// Whether a name fits a pattern of `*` and `?`; `*.*` fits everything, as in Windows.
fn matches(name: &str, pattern: &str) -> bool {
    if pattern == "*.*" {
        return true;
    }
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len())
            .filter(|at| name.is_char_boundary(*at))
            .any(|at| matches(&name[at..], &pattern[1..])),
        Some(wanted) => match name.chars().next() {
            Some(first) if wanted == '?' || wanted == first => {
                matches(&name[first.len_utf8()..], &pattern[wanted.len_utf8()..])
            }
            _ => false,
        },
    }
}
