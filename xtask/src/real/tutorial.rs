//! The tutorial is followed, word by word, to a machine that runs and is stopped again.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context as _, Result, bail, ensure};
use camino::Utf8Path;

use super::run;
use crate::book::tutorial::{self, INSTALL, PLACE, Step};
use crate::test::{Context, Outcome};
use crate::{own, root};

/// What stays in the foreground.
const RUN: &str = "cargo xtask lucarne run ";
/// What the person at the second terminal waits for.
const READY: &str = "the guest is ready";
/// How long a machine may say nothing: its own start has a deadline, beside other checks too.
const LIMIT: Duration = Duration::from_secs(600);

/// Follows it in a folder of the check's own.
pub(super) fn followed(context: &Context) -> Result<Outcome> {
    let place = context.folder.join("first");
    // The page's own command has made it, for all checks that start machines.
    let image = run::sealed()?;
    let mut machine: Option<Foreground> = None;
    let mut installed = false;
    for step in tutorial::steps()? {
        let moved = |text: &str| {
            let whole = text.replace(&format!("$PWD/{PLACE}"), PLACE);
            whole.replace(PLACE, place.as_str())
        };
        let step = Step {
            line: moved(&step.line),
            shown: step.shown.iter().map(|line| moved(line)).collect(),
        };
        if step.line.starts_with(INSTALL) {
            let said = fs::read_to_string(image.folder.with_file_name("said"))?;
            shows(&step, &said)?;
            copy(&image.folder, &place.join("image"))?;
            installed = true;
        } else if let Some(words) = step.line.strip_prefix(RUN) {
            let mut started = Foreground::start(words, &place)?;
            let said = started.until_ready()?;
            shows(&step, &said)?;
            machine = Some(started);
        } else {
            let said = typed(context, &step.line, &place)?;
            shows(&step, &said)?;
        }
    }
    let mut machine = machine.context("the tutorial runs no machine")?;
    ensure!(installed, "the tutorial installs nothing");
    machine.ended_well()?;
    Ok(Outcome::Passed)
}

fn shows(step: &Step, said: &str) -> Result<()> {
    match step.missing(said) {
        Some(line) => bail!("`{}` does not print `{line}` but\n{said}", step.line),
        None => Ok(()),
    }
}

/// Runs a line as a person's shell would; gives what the person sees.
fn typed(context: &Context, line: &str, place: &Utf8Path) -> Result<String> {
    let mut shell = Command::new("bash");
    // Both of a command's outputs are the terminal.
    let script = format!("exec 2>&1\n{line}");
    shell.args(["-uc", &script]);
    shell.current_dir(&context.repository);
    shell.envs(folders(place));
    // The tool root's cache does not move with the machine's.
    shell.env("LUCARNE_CACHE", root::cache()?);
    // The cargo that runs this check, by whatever way it was found.
    let cargo = Utf8Path::new(env!("CARGO"));
    let path = env::var("PATH").unwrap_or_default();
    let own = cargo.parent().context("cargo is in a folder")?;
    shell.env("PATH", format!("{own}:{path}"));
    let ran = context.capture(&mut shell, line)?;
    ensure!(
        ran.code == 0,
        "`{line}` ended with {}\n{}",
        ran.code,
        ran.stdout
    );
    Ok(ran.stdout)
}

/// The machine's folders, which are none of the person's who runs the checks.
fn folders(place: &Utf8Path) -> [(&'static str, String); 3] {
    let below = |part| place.join(part).into_string();
    [
        ("XDG_STATE_HOME", below("state")),
        ("XDG_CACHE_HOME", below("cache")),
        ("XDG_RUNTIME_DIR", below("run")),
    ]
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    fs::create_dir(to).with_context(|| format!("cannot make `{to}`"))?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// A `lucarne run` that goes when the check does.
struct Foreground {
    child: Child,
    /// Its lines as they come, until its end.
    said: Receiver<String>,
}

impl Foreground {
    fn start(words: &str, place: &Utf8Path) -> Result<Self> {
        let words = format!("run {words}");
        let words: Vec<_> = words.split(' ').map(str::to_owned).collect();
        let mut command = own::command(&words, &folders(place).map(|(n, p)| (n, p.into())))?;
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the machine")?;
        let said = child.stderr.take().context("it is piped")?;
        let (tell, heard) = channel();
        // Ends with what it reads, or when nobody listens any more.
        thread::spawn(move || {
            let lines = BufReader::new(said).lines().map_while(std::io::Result::ok);
            lines
                .map(|line| tell.send(line))
                .take_while(Result::is_ok)
                .count()
        });
        Ok(Self { child, said: heard })
    }

    /// What it says until its users can come.
    fn until_ready(&mut self) -> Result<String> {
        let mut all = String::new();
        while !all.contains(READY) {
            let line = self.said.recv_timeout(LIMIT);
            let line = line.with_context(|| format!("the machine is not ready\n{all}"))?;
            all += &line;
            all.push('\n');
        }
        Ok(all)
    }

    fn ended_well(&mut self) -> Result<()> {
        let mut rest = String::new();
        loop {
            match self.said.recv_timeout(LIMIT) {
                Ok(line) => rest = rest + &line + "\n",
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => bail!("the machine does not end\n{rest}"),
            }
        }
        let status = self.child.wait()?;
        ensure!(status.success(), "the machine ended with {status}\n{rest}");
        Ok(())
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        // After a good end there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
