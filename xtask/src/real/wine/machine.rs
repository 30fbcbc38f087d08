//! A Windows of Wine's: a prefix of its own for each check, made from one template.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::port::{Port, events};
use crate::parts::{self, Guest};
use crate::room::{self, GIB};
use crate::root;
use crate::test::{Context, Ran};

/// How long one start may take in all.
const LIMIT: Duration = Duration::from_secs(900);
/// And a command of it, in seconds.
const COMMAND_SEC: u32 = 600;

const WINE: &str = "/usr/lib/wine/wine64";
const SERVER: &str = "/usr/lib/wine/wineserver64";

/// What the template takes while it is made, with what of it has 32 bits.
const TEMPLATE_BYTES: u64 = 2 * GIB;

/// Counted up when the template is made otherwise.
const VERSION: u32 = 1;

/// The program, as the first specialize command puts it on C:.
pub(super) const PROGRAM: &str = r"C:\windows\Lucarne\lucarne-guest.exe";
/// How far it has come, below C: as this process sees it.
pub(super) const STATE: &str = "windows/Lucarne/state.json";
/// What it lets run.
pub(super) const PROBE: &str = r"C:\probe.exe";

/// Where Wine is told what kinds its drives are.
const DRIVES: &str = r"HKLM\Software\Wine\Drives";

/// A Windows, switched off.
pub(super) struct Machine<'a> {
    context: &'a Context,
    prefix: Utf8PathBuf,
}

/// What is done in one start of it.
#[derive(Clone)]
pub(super) enum Doing<'a> {
    /// A program of Windows' and its arguments.
    Run(Vec<&'a str>),
    /// The guest program, killed when so many events have come.
    KillAfter(Vec<&'a str>, usize),
    /// A line for the shell, outside of Wine.
    Shell(String),
}

/// How a start went.
pub(super) struct Went {
    /// Each command, in order.
    pub(super) ran: Vec<Ran>,
    /// What came on COM1.
    pub(super) bytes: Vec<u8>,
    pub(super) events: Vec<Value>,
}

impl Went {
    /// How a step ended: its event.
    pub(super) fn end_of(&self, id: &str) -> Result<&Value> {
        let mut ends = self.events.iter().filter(|event| {
            event["event"] == "step" && event["id"] == id && event["status"] != "start"
        });
        ends.next()
            .with_context(|| format!("step `{id}` did not end\n{}", self.told()))
    }

    /// All of these steps ended well.
    pub(super) fn all_done(&self, steps: &[Value]) -> Result<()> {
        for step in steps {
            let end = self.end_of(step["id"].as_str().unwrap_or_default())?;
            ensure!(end["status"] == "ok", "{end}\n{}", self.told());
        }
        Ok(())
    }

    /// All events, for messages.
    pub(super) fn told(&self) -> String {
        let lines: Vec<String> = self.events.iter().map(Value::to_string).collect();
        lines.join("\n")
    }
}

impl<'a> Machine<'a> {
    /// A new one, with the program and a list of steps on C:.
    pub(super) fn new(context: &'a Context, steps: &Value) -> Result<Self> {
        let guest = parts::guest()?;
        let prefix = context.folder.join("prefix");
        copy(&template(context)?, &prefix)?;
        let machine = Self { context, prefix };
        machine.provide(&guest, steps)?;
        Ok(machine)
    }

    fn provide(&self, guest: &Guest, steps: &Value) -> Result<()> {
        fs::copy(
            &guest.program,
            self.file("windows/Lucarne/lucarne-guest.exe")?,
        )?;
        fs::copy(&guest.probe, self.file("probe.exe")?)?;
        self.write("windows/Lucarne/steps.json", steps.to_string())
    }

    /// The same Windows with other steps, none of which was begun.
    pub(super) fn give(&self, steps: &Value) -> Result<()> {
        for file in [STATE, "windows/Lucarne/guest.log"] {
            match fs::remove_file(self.prefix.join("drive_c").join(file)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        self.write("windows/Lucarne/steps.json", steps.to_string())
    }

    /// Does a list of steps in one start, and reads back with commands behind it.
    pub(super) fn build(&self, steps: &[Value], then: &[Doing<'_>]) -> Result<Went> {
        self.give(&super::document::document(steps))?;
        let mut doings = vec![guest(&["run"])];
        doings.extend(then.iter().cloned());
        let mut went = self.start(&doings)?;
        let first = went.ran.remove(0);
        ensure!(
            first.code == 0,
            "the program ended with {}: {}",
            first.code,
            first.stderr
        );
        Ok(went)
    }

    /// Puts a folder into a CD drive, from the next start on; `None` takes it out.
    pub(super) fn insert(&self, folder: Option<&Utf8Path>) -> Result<()> {
        let devices = self.prefix.join("dosdevices");
        for entry in devices.read_dir_utf8()? {
            let entry = entry?;
            // C: and the host's own files stay.
            if !["c:", "z:"].contains(&entry.file_name()) {
                fs::remove_file(entry.path())?;
            }
        }
        if let Some(folder) = folder {
            std::os::unix::fs::symlink(folder, devices.join("e:"))?;
            let register = run(&["reg", "add", DRIVES, "/v", "e:", "/d", "cdrom", "/f"]);
            let ran = self.start_on("", &[register])?;
            ensure!(ran[0].code == 0, "{:?}", ran[0]);
        }
        Ok(())
    }

    /// A place on C:, whose folder is made.
    pub(super) fn file(&self, path: &str) -> Result<Utf8PathBuf> {
        let path = self.prefix.join("drive_c").join(path);
        let folder = path.parent().context("a path on C: without a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{folder}`"))?;
        Ok(path)
    }

    /// Writes a file on C:.
    pub(super) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        let file = self.file(path)?;
        fs::write(&file, bytes).with_context(|| format!("cannot write `{file}`"))
    }

    /// A file of C:'s.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>> {
        let file = self.file(path)?;
        fs::read(&file).with_context(|| format!("cannot read `{file}`"))
    }

    /// The machine's part of the registry as Wine keeps it, for what `reg` does not show.
    pub(super) fn registry(&self) -> Result<String> {
        let file = self.prefix.join("system.reg");
        fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))
    }

    /// The program's state.
    pub(super) fn state(&self) -> Result<Value> {
        let bytes = self.read(STATE)?;
        serde_json::from_slice(&bytes).context("the state is no JSON")
    }

    /// One start of Windows with a host that listens.
    pub(super) fn start(&self, doings: &[Doing]) -> Result<Went> {
        self.start_heard(Port::new()?, doings)
    }

    /// The same on a port that is there already.
    pub(super) fn start_heard(&self, port: Port, doings: &[Doing]) -> Result<Went> {
        let name = port.name.clone();
        let fifo = self.context.folder.join("kill");
        let afters = doings.iter().filter_map(|doing| match doing {
            Doing::KillAfter(_, after) => Some(*after),
            _ => None,
        });
        let ear = port.listen(killer(afters.collect(), fifo));
        let ran = self.start_on(&name, doings)?;
        let bytes = ear.close()?;
        fs::write(self.context.folder.join("com1"), &bytes)?;
        let killed = doings.iter().any(|it| matches!(it, Doing::KillAfter(..)));
        let events = events(&bytes, killed)?;
        Ok(Went { ran, bytes, events })
    }

    /// One start of Windows on a port; without one when its name is empty.
    pub(super) fn start_on(&self, port: &str, doings: &[Doing]) -> Result<Vec<Ran>> {
        self.set_port(port)?;
        let folder = &self.context.folder;
        let out = folder.join("out");
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        fs::create_dir(&out)?;
        fs::write(folder.join("start.sh"), self.script(doings))?;
        // Who administers the system may open a port that another program has.
        let less = [
            "setpriv",
            "--bounding-set=-sys_admin",
            "--inh-caps=-sys_admin",
        ];
        let ran = self
            .context
            .inside(LIMIT, &[&less[..], &["sh", "start.sh"]].concat())?;
        ensure!(ran.code == 0, "Wine did not start: {}", ran.stderr);
        let text = |name: String| -> Result<String> {
            let bytes = fs::read(out.join(&name)).with_context(|| format!("no `{name}`"))?;
            Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
        };
        let mut all = Vec::new();
        for number in 0..doings.len() {
            let code = text(format!("{number}.code"))?;
            let ran = Ran {
                code: code.trim().parse().context("no exit code")?,
                stdout: text(format!("{number}.out"))?,
                stderr: text(format!("{number}.err"))?,
            };
            self.context.log(&format!("{number}: {ran:?}"))?;
            all.push(ran);
        }
        Ok(all)
    }

    /// What the shell does, in a process namespace of its own: Windows starts with the server,
    /// and ends with it.
    fn script(&self, doings: &[Doing]) -> String {
        let mut script = format!(
            "export WINEPREFIX='{}' HOME='{}' XDG_RUNTIME_DIR=/tmp WINEDEBUG=-all\n\
             export WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='\n\
             {SERVER} --persistent 2>/dev/null\n",
            self.prefix, self.context.folder
        );
        for (number, doing) in doings.iter().enumerate() {
            let to = format!(">out/{number}.out 2>out/{number}.err </dev/null");
            let line = match doing {
                Doing::Run(words) => format!("timeout {COMMAND_SEC} {WINE} {} {to}", quoted(words)),
                Doing::Shell(line) => format!("( {line}\n) {to}"),
                Doing::KillAfter(words, _) => format!(
                    "rm -f kill; mkfifo kill; {WINE} {} {to} & guest=$!\n\
                     ( read now <kill; kill -9 $guest ) & killer=$!\n\
                     wait $guest; code=$?; kill $killer; ( exit $code )",
                    quoted(words)
                ),
            };
            writeln!(script, "{line}\necho $? >out/{number}.code").expect("a string takes all");
        }
        script + &format!("{SERVER} --kill 2>/dev/null\n{SERVER} --wait 2>/dev/null\nexit 0\n")
    }

    /// Says which device COM1 is, as `regedit` would: Wine reads it when it starts.
    fn set_port(&self, port: &str) -> Result<()> {
        let file = self.prefix.join("system.reg");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
        let head = "[Software\\\\Wine\\\\Ports]";
        let rest = text.split(head).next().unwrap_or_default().trim_end();
        // What Wine wrote behind it stays.
        let behind = text
            .split_once(head)
            .and_then(|(_, it)| it.split_once("\n\n["));
        let behind = behind.map_or_else(String::new, |(_, it)| format!("[{it}"));
        let ours = if port.is_empty() {
            String::new()
        } else {
            format!("{head}\n\"COM1\"=\"{port}\"\n\"COM12\"=\"{port}\"\n")
        };
        fs::write(&file, format!("{rest}\n\n{ours}\n{behind}"))?;
        Ok(())
    }
}

/// Counts the events of each build, which begins with the program's first start, and tells the
/// shell when as many have come as it is to be killed after.
fn killer(afters: Vec<usize>, fifo: Utf8PathBuf) -> impl FnMut(&str) {
    let mut afters = afters.into_iter();
    let (mut after, mut count) = (None, 0);
    move |line| {
        if line.contains("\"event\":\"hello\"") && line.contains("\"boot\":1}") {
            count = 0;
            after = afters.next();
        }
        count += 1;
        if after == Some(count) {
            after = None;
            // The shell waits for it; one that has gone does not.
            let _ = fs::write(&fifo, "now\n");
        }
    }
}

/// Words for the shell.
fn quoted(words: &[&str]) -> String {
    let words = words
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")));
    words.collect::<Vec<_>>().join(" ")
}

/// A command of Wine's.
pub(super) fn run<'a>(words: &[&'a str]) -> Doing<'a> {
    Doing::Run(words.to_vec())
}

/// The guest program.
pub(super) fn guest<'a>(words: &[&'a str]) -> Doing<'a> {
    Doing::Run([&[PROGRAM], words].concat())
}

/// The prefix that all others are copies of.
fn template(context: &Context) -> Result<Utf8PathBuf> {
    let place = root::cache()?.join(format!("wine-{}-{VERSION}", root::folder()));
    fs::create_dir_all(&place).with_context(|| format!("cannot make `{place}`"))?;
    let lock = fs::File::create(place.join("lock"))?;
    flock(&lock, FlockOperation::LockExclusive)?;
    let done = place.join("template");
    if done.is_dir() {
        return Ok(done);
    }
    let part = place.join("part");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    room::ensure(&place, TEMPLATE_BYTES, "a prefix of Wine's")?;
    let script = format!(
        "export WINEPREFIX='{part}' HOME=/tmp XDG_RUNTIME_DIR=/tmp WINEDEBUG=-all\n\
         export WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='\n\
         {SERVER} --persistent 2>/dev/null; {WINE} wineboot --init; code=$?\n\
         {SERVER} --kill 2>/dev/null; {SERVER} --wait 2>/dev/null; exit $code\n"
    );
    let ran = context.inside(LIMIT, &["sh", "-c", &script])?;
    if ran.code != 0 {
        bail!("cannot make a prefix of Wine's: {}", ran.stderr);
    }
    // Nothing here has 32 bits.
    fs::remove_dir_all(part.join("drive_c/windows/syswow64"))?;
    fs::rename(&part, &done)?;
    Ok(done)
}

/// Copies a prefix. Wine's own files are links to the template's; what Wine or the program
/// changes in place is a copy.
fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    let sh = Shell::new()?;
    cmd!(sh, "cp --archive --link {from} {to}").quiet().run()?;
    for name in ["system.reg", "user.reg", "userdef.reg", ".update-timestamp"] {
        let (old, new) = (from.join(name), to.join(name));
        fs::remove_file(&new).with_context(|| format!("cannot remove `{new}`"))?;
        fs::copy(&old, &new).with_context(|| format!("cannot copy `{old}`"))?;
    }
    Ok(())
}
