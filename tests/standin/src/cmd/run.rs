//! Does what a command line says, on folders that stand for drives.

use anyhow::{Result, bail};

use super::{
    Registry,
    parse::{Command, Condition, Join, List, Test, What},
    system,
};
use crate::drives::Drives;

/// What commands work on.
#[derive(Debug)]
pub struct Machine<'a> {
    pub drives: &'a Drives,
    pub registry: &'a mut Registry,
    pub variables: Vec<(char, String)>,
    pub error_level: i32,
}

/// A command that ran and failed, as Windows' own would.
pub(super) const FAILED: i32 = 1;

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
                let output = command
                    .output
                    .as_ref()
                    .map(|(target, appends)| (self.substitute(target), *appends));
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
            "net" => system::net(arguments),
            "pnputil" => self.pnputil(arguments),
            "powercfg" => system::powercfg(arguments),
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

/// A word without its quotes.
pub(super) fn unquote(word: &str) -> &str {
    word.trim_matches('"')
}
