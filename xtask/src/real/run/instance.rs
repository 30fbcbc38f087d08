//! One machine that `lucarne run` runs: its folders, its notifications, its console, its end.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use serde_json::{Value, json};

use super::image::{self, Image};
use crate::demo;
use crate::parts;
use crate::real::install::run::{KILLED, forget_look, looks_around, nothing_left};
use crate::test::Context;
use crate::watch::{self, descendants, name, pid};

/// No start, and no stop, takes longer, even when ten run at a time.
pub(super) const LIMIT: Duration = Duration::from_secs(900);
/// What begins the stand-in's answers on COM2.
const SAYS: &str = "standin: ";

/// What QEMU and the helper are, by their processes' names.
pub(super) const HELPER: &str = "lucarne";
pub(super) const QEMU: &str = "qemu-system";

/// The folders of a machine, below one of a check.
pub(in crate::real) struct Instance<'a> {
    context: &'a Context,
    pub(super) name: String,
    /// `lucarne.machine/1`, changed as a check likes.
    pub(in crate::real) machine: Value,
    /// Merged into the table of tools.
    pub(super) tools: Value,
    pub(super) image: Image,
    pub(super) folder: Utf8PathBuf,
    /// What is done first in the namespaces of the machine, in a shell.
    pub(super) before: String,
}

/// A machine that runs.
pub(in crate::real) struct Running<'a> {
    instance: &'a Instance<'a>,
    child: Child,
    notify: UnixDatagram,
    /// What was told and not waited for: `READY=1` and the like.
    told: Vec<String>,
    number: u32,
}

/// How a machine ended.
#[derive(Debug)]
pub(in crate::real) struct End {
    pub(super) code: u8,
    pub(super) stderr: String,
}

impl<'a> Instance<'a> {
    /// A machine over the shared image.
    pub(in crate::real) fn new(context: &'a Context, name: &str) -> Result<Self> {
        let image = image::sealed()?;
        let folder = context.folder.join(name);
        for part in ["state", "cache", "runtime", "credentials"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).with_context(|| format!("cannot make `{part}`"))?;
        }
        Ok(Self {
            context,
            name: name.to_owned(),
            machine: json!({
                "schema": "lucarne.machine/1",
                "name": name,
                "image": image.folder.as_str(),
                "machine": { "accel": "tcg" },
                "network": { "mode": "none" },
            }),
            tools: Value::Null,
            image,
            folder,
            before: String::new(),
        })
    }

    /// A place in one of its folders: `state`, `cache` or `runtime`.
    pub(super) fn place(&self, part: &str, file: &str) -> Utf8PathBuf {
        let own = self.folder.join(part).join("lucarne").join(&self.name);
        own.join(file)
    }

    /// Starts it.
    pub(in crate::real) fn start(&self) -> Result<Running<'_>> {
        let number = self.count()?;
        forget_look(&self.folder)?;
        let socket = self.output(number, "notify");
        let notify = UnixDatagram::bind(&socket);
        let notify = notify.with_context(|| format!("cannot listen at `{socket}`"))?;
        let (out, err) = (self.output(number, "out"), self.output(number, "err"));
        let words = self.command(&socket)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut outer = self.context.outer(LIMIT, &words)?;
        outer
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(fs::File::create(&out)?)
            .stderr(fs::File::create(&err)?);
        let child = outer.spawn().context("cannot start `lucarne run`")?;
        Ok(Running {
            instance: self,
            child,
            notify,
            told: Vec::new(),
            number,
        })
    }

    /// Runs it to its end, which must come by itself and before its users could.
    pub(super) fn ended(&self) -> Result<End> {
        let mut machine = self.start()?;
        ensure!(machine.ready().is_err(), "`{}` runs", self.name);
        machine.wait()
    }

    /// Starts, of which each has outputs of its own.
    fn count(&self) -> Result<u32> {
        let file = self.folder.join("starts");
        let before = fs::read_to_string(&file).unwrap_or_default();
        let number = before.parse().unwrap_or(0) + 1;
        fs::write(&file, number.to_string())?;
        Ok(number)
    }

    fn output(&self, number: u32, what: &str) -> Utf8PathBuf {
        self.folder.join(format!("{number}.{what}"))
    }

    /// The command line, its files written.
    fn command(&self, notify: &Utf8Path) -> Result<Vec<String>> {
        let file = |name: &str, value: &Value| -> Result<String> {
            let path = self.folder.join(name);
            fs::write(&path, format!("{value:#}\n"))
                .with_context(|| format!("cannot write `{path}`"))?;
            Ok(path.into_string())
        };
        let machine = file("machine.json", &self.machine)?;
        let mut tools = demo::tools(self.image.vars.as_str());
        if let Some(own) = self.tools.as_object() {
            for (name, path) in own {
                tools[name] = path.clone();
            }
        }
        let tools = file("tools.json", &tools)?;
        let script = looks_around(&format!("{}\n\"$@\"; code=$?", self.before));
        let mut words = vec!["sh".to_owned(), "-c".to_owned(), script, "sh".to_owned()];
        words.extend(self.environment());
        words.push(format!("NOTIFY_SOCKET={notify}"));
        words.push(parts::lucarne()?.into_string());
        words.extend(["run", &machine, "--tools", &tools].map(str::to_owned));
        words.push("--credentials".to_owned());
        words.push(self.folder.join("credentials").into_string());
        Ok(words)
    }

    /// What goes before a command so that it finds the machine's folders.
    pub(super) fn environment(&self) -> Vec<String> {
        let folder = |(name, part)| format!("{name}={}", self.folder.join(part));
        let folders = [
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "runtime"),
        ];
        let env = ["env".to_owned()];
        env.into_iter().chain(folders.map(folder)).collect()
    }
}

impl Running<'_> {
    /// Every process of it.
    pub(super) fn processes(&self) -> Result<Vec<Pid>> {
        Ok(descendants(self.top()?))
    }

    /// Waits until systemd is told something with these words; what was told up to then is
    /// forgotten, so that the next time can be waited for.
    pub(super) fn until(&mut self, words: &str) -> Result<()> {
        let end = Instant::now() + LIMIT;
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = self.told.iter().position(|told| told.contains(words)) {
                self.told.drain(..=at);
                return Ok(());
            }
            let left = end.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "`{words}` was not told: {:?}", self.told);
            let ended = pidfd_open(self.top()?, PidfdFlags::empty())?;
            let mut list = [
                PollFd::new(&self.notify, PollFlags::IN),
                PollFd::new(&ended, PollFlags::IN),
            ];
            poll(&mut list, Some(&Timespec::try_from(left)?))?;
            if list[0].revents().contains(PollFlags::IN) {
                let count = self.notify.recv(&mut buffer)?;
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                self.told.extend(text.lines().map(str::to_owned));
            } else if !list[1].revents().is_empty() {
                bail!("it ended before `{words}`\n{}", self.stderr());
            }
        }
    }

    /// Waits until its users can come.
    pub(in crate::real) fn ready(&mut self) -> Result<()> {
        self.until("READY=1")
    }

    fn top(&self) -> Result<Pid> {
        pid(self.child.id()).context("a process without an id")
    }

    /// The process that runs the machine, or QEMU.
    pub(super) fn process(&self, wanted: &str) -> Result<Pid> {
        let found = descendants(self.top()?)
            .into_iter()
            .find(|pid| name(*pid).starts_with(wanted));
        found.with_context(|| format!("no `{wanted}` runs"))
    }

    pub(super) fn signal(&self, wanted: &str, signal: Signal) -> Result<()> {
        let process = self.process(wanted)?;
        kill_process(process, signal).with_context(|| format!("cannot signal `{wanted}`"))
    }

    /// Kills some at once: all are found before the first dies, so that none of them has time to
    /// notice.
    pub(super) fn kill(&self, wanted: &[&str]) -> Result<()> {
        let found = wanted.iter().map(|name| self.process(name));
        let found: Vec<_> = found.collect::<Result<_>>()?;
        fs::write(self.instance.folder.join(KILLED), "")?;
        for process in found {
            kill_process(process, Signal::KILL).context("cannot kill a process")?;
        }
        Ok(())
    }

    /// The memory of the supervisor: its own, and the most that it had with the program's pages.
    pub(super) fn memory_kib(&self) -> Result<(u64, u64)> {
        let process = self.process(HELPER)?;
        let memory = watch::own_kib(process).zip(watch::peak_kib(process));
        memory.context("the supervisor is gone")
    }

    /// What it wrote to stderr so far.
    pub(super) fn stderr(&self) -> String {
        let file = self.instance.output(self.number, "err");
        let bytes = fs::read(file).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The guest's console.
    pub(super) fn console(&self) -> Result<Console> {
        Console::open(&self.instance.place("runtime", "com2.sock"))
    }

    /// Waits for the end, which leaves no process.
    pub(super) fn wait(mut self) -> Result<End> {
        let status = self.child.wait().context("cannot wait for it")?;
        let code = crate::enter::code(status);
        let stderr = self.stderr();
        let context = self.instance.context;
        let name = &self.instance.name;
        context.log(&format!(
            "`{name}`, start {}:\n{stderr}= {code}",
            self.number
        ))?;
        ensure!(
            code != 124,
            "`{name}` was not done after {} s",
            LIMIT.as_secs()
        );
        nothing_left(&self.instance.folder)?;
        Ok(End { code, stderr })
    }

    /// Stops it as systemd does, which must be a clean end.
    pub(in crate::real) fn stop(self) -> Result<End> {
        self.signal(HELPER, Signal::TERM)?;
        let end = self.wait()?;
        ensure!(end.code == 0, "a stop ended with {}", end.code);
        Ok(end)
    }
}

/// A check that fails leaves nothing behind.
impl Drop for Running<'_> {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A conversation with the stand-in.
pub(in crate::real) struct Console {
    reader: BufReader<UnixStream>,
}

impl Console {
    pub(in crate::real) fn open(socket: &Utf8Path) -> Result<Self> {
        let stream = UnixStream::connect(socket);
        let stream = stream.with_context(|| format!("cannot connect to `{socket}`"))?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self {
            reader: BufReader::new(stream),
        })
    }

    /// Orders something: the answer, which is no error.
    pub(in crate::real) fn order(&mut self, order: &Value) -> Result<Value> {
        let line = format!("{order}\r\n");
        let stream = self.reader.get_mut();
        stream.write_all(line.as_bytes()).context("no console")?;
        let mut answer = self.answer()?;
        while answer["wrote"].is_u64() {
            answer = self.answer()?;
        }
        ensure!(answer["error"].is_null(), "{order}: {}", answer["error"]);
        Ok(answer)
    }

    /// The next answer, of an order or of a `churn`.
    pub(in crate::real) fn answer(&mut self) -> Result<Value> {
        loop {
            let mut line = Vec::new();
            let count = self.reader.read_until(b'\n', &mut line)?;
            ensure!(count > 0, "the console was closed");
            let line = String::from_utf8_lossy(&line);
            if let Some((_, json)) = line.split_once(SAYS) {
                return serde_json::from_str(json.trim()).context("the answer is no JSON");
            }
        }
    }

    /// Writes a file.
    pub(in crate::real) fn write(&mut self, path: &str, text: &str) -> Result<()> {
        self.order(&json!({ "write": { "path": path, "text": text } }))?;
        Ok(())
    }

    /// A file's text; null where there is no such file.
    pub(in crate::real) fn read(&mut self, path: &str) -> Result<Value> {
        let answer = self.order(&json!({ "read": { "path": path } }))?;
        Ok(answer["text"].clone())
    }

    /// Orders what ends the conversation.
    pub(in crate::real) fn leave(mut self, order: &Value) -> Result<()> {
        self.order(order).map(drop)
    }

    /// What the machine was told, and what it found.
    pub(in crate::real) fn show(&mut self) -> Result<Value> {
        self.order(&json!("show"))
    }
}
