//! A host of a check's own: systemd as process 1 of its own namespaces, over the tool root.
//!
//! Nothing is slept for. That it is up it says itself; `systemctl` returns when its jobs are done;
//! everything else is waited for in its journal, which is followed from the start.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use serde_json::Value;

use crate::enter::boot;
use crate::root;
use crate::test::{Context, Ran};
use crate::watch::{descendants, name, pid};

/// No start of systemd, and no job, takes longer, even beside other checks.
pub(in crate::real) const LIMIT: Duration = Duration::from_secs(300);
/// How long systemd may take to remove a few empty folders.
const REMOVAL_LIMIT: Duration = Duration::from_secs(30);
/// The programs' places inside.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/// It runs until it is dropped, and nothing of it outlives that.
pub(in crate::real) struct System<'a> {
    context: &'a Context,
    child: Child,
    init: Pid,
    follower: Child,
    journal: Receiver<Value>,
    /// Messages so far, of all units.
    pub(in crate::real) said: Vec<String>,
}

impl<'a> System<'a> {
    /// Starts it, with files of this host's at places of its own.
    pub(in crate::real) fn boot(
        context: &'a Context,
        binds: &[(Utf8PathBuf, String)],
    ) -> Result<Self> {
        let root = root::ensure()?;
        let folder = context.folder.join("host");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
        let socket = folder.join("notify");
        let notify = UnixDatagram::bind(&socket);
        let notify = notify.with_context(|| format!("cannot listen at `{socket}`"))?;
        let mut outer = boot::command(&root.tree, &folder, binds, &socket)?;
        let log = fs::File::create(folder.join("log"))?;
        outer
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut child = outer.spawn().context("cannot start `setpriv`")?;
        let init = up(&child, &notify);
        let init = match init {
            Ok(init) => init,
            Err(why) => {
                drop(child.kill());
                drop(child.wait());
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(why.context(log));
            }
        };
        let follow = [
            "journalctl",
            "--follow",
            "--no-tail",
            "--all",
            "--output=json",
        ];
        let mut follower = Self::enter(init, &follow);
        follower
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut follower = follower.spawn().context("cannot start `nsenter`")?;
        let journal = lines(&mut follower)?;
        Ok(Self {
            context,
            child,
            init,
            follower,
            journal,
            said: Vec::new(),
        })
    }

    /// A command in all of its namespaces.
    fn enter(init: Pid, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &Pid::as_raw(Some(init)).to_string(), "--all"]);
        command.args(["--", "/usr/bin/env", "-i", "LC_ALL=C.UTF-8"]);
        command.arg(format!("PATH={PATH}"));
        command.args(words);
        command
    }

    /// Runs a command inside, however it ends.
    pub(in crate::real) fn ran(&self, words: &[&str]) -> Result<Ran> {
        let seconds = LIMIT.as_secs().to_string();
        let all = [&["timeout", "--kill-after=5", &seconds], words].concat();
        let mut command = Self::enter(self.init, &all);
        let ran = self.context.capture(&mut command, &words.join(" "))?;
        ensure!(
            ran.code != 124,
            "`{}` was not done in time",
            words.join(" ")
        );
        Ok(ran)
    }

    /// Runs one that must succeed: what it wrote.
    pub(in crate::real) fn read(&self, words: &[&str]) -> Result<String> {
        let ran = self.ran(words)?;
        if ran.code != 0 {
            // Into the log, which is shown then: `systemctl` itself does not say why.
            self.ran(&["journalctl", "--no-pager", "--output=cat", "--lines=40"])?;
            bail!(
                "`{}` ended with {}: {}",
                words.join(" "),
                ran.code,
                ran.stderr
            );
        }
        Ok(ran.stdout)
    }

    pub(in crate::real) fn systemctl(&self, words: &[&str]) -> Result<String> {
        self.read(&[&["systemctl"], words].concat())
    }

    /// A property of a unit's.
    pub(in crate::real) fn show(&self, unit: &str, property: &str) -> Result<String> {
        let text = self.systemctl(&["show", "--value", "--property", property, unit])?;
        Ok(text.trim().to_owned())
    }

    /// A place of it, as this process sees it.
    pub(in crate::real) fn place(&self, path: &str) -> Utf8PathBuf {
        let init = Pid::as_raw(Some(self.init));
        format!("/proc/{init}/root{path}").into()
    }

    /// Writes a file.
    pub(in crate::real) fn write(&self, path: &str, text: &str) -> Result<()> {
        let place = self.place(path);
        place.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&place, text).with_context(|| format!("cannot write `{place}`"))
    }

    /// Waits for a message of a unit's own, or of systemd's about it, that has these words. Those
    /// before it are over.
    pub(in crate::real) fn until(&mut self, unit: &str, words: &str) -> Result<String> {
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let entry = match self.journal.recv_timeout(left) {
                Ok(entry) => entry,
                Err(RecvTimeoutError::Timeout) => bail!("`{words}` was not said: {:#?}", self.said),
                Err(RecvTimeoutError::Disconnected) => bail!("the journal is closed"),
            };
            let message = text(&entry["MESSAGE"]);
            self.context.log(&message)?;
            self.said.push(message.clone());
            let of = [&entry["UNIT"], &entry["_SYSTEMD_UNIT"]].map(|unit| unit.as_str());
            if of.contains(&Some(unit)) && message.contains(words) {
                return Ok(message);
            }
        }
    }

    /// The journal up to now, whole, as it is: JSON would have numbers where a field is no text.
    pub(in crate::real) fn journal(&self) -> Result<String> {
        self.read(&["journalctl", "--sync"])?;
        self.read(&["journalctl", "--no-pager", "--all", "--output=export"])
    }

    /// All processes that run in it, but for systemd's own and this check's.
    pub(in crate::real) fn processes(&self) -> Vec<String> {
        let mut names: Vec<_> = descendants(self.init).into_iter().map(name).collect();
        names.retain(|name| !name.starts_with("systemd"));
        names.sort();
        names
    }

    /// One of its processes, as this process sees it.
    pub(in crate::real) fn process(&self, wanted: &str) -> Result<Pid> {
        let mut all = descendants(self.init).into_iter();
        let found = all.find(|pid| name(*pid).starts_with(wanted));
        found.with_context(|| format!("no `{wanted}` runs"))
    }

    pub(in crate::real) fn kill(&self, wanted: &str) -> Result<()> {
        let process = self.process(wanted)?;
        kill_process(process, Signal::KILL).with_context(|| format!("cannot kill `{wanted}`"))
    }

    /// The same as before, if it is so within a while: systemd removes a unit's folders for
    /// temporary files by a thread, when it has already said that the unit ended.
    pub(in crate::real) fn inventory_like(&self, before: &[String]) -> Result<Vec<String>> {
        let removed = inotify::init(inotify::CreateFlags::CLOEXEC)?;
        for folder in ["/tmp", "/var/tmp"] {
            let place = self.place(folder);
            inotify::add_watch(&removed, place.as_std_path(), inotify::WatchFlags::DELETE)?;
        }
        let end = Instant::now() + REMOVAL_LIMIT;
        loop {
            let now = self.inventory()?;
            let left = end.saturating_duration_since(Instant::now());
            let mut list = [PollFd::new(&removed, PollFlags::IN)];
            if now == before || poll(&mut list, Some(&Timespec::try_from(left)?))? == 0 {
                return Ok(now);
            }
            rustix::io::read(&removed, &mut [0; 4096])?;
        }
    }

    /// What a machine could leave: a line for each mount, interface, group of processes, runtime
    /// folder, credential and process.
    pub(in crate::real) fn inventory(&self) -> Result<Vec<String>> {
        let mut lines = self.processes();
        let mounts = fs::read_to_string(self.place("/proc/1/mountinfo"))?;
        lines.extend(mounts.lines().filter_map(|line| {
            let place = line.split(' ').nth(4)?;
            Some(format!("mount {place}"))
        }));
        for folder in [
            "/sys/fs/cgroup",
            "/sys/fs/cgroup/system.slice",
            "/sys/class/net",
            "/run",
            "/run/lucarne",
            "/run/private",
            "/run/credentials",
            "/run/systemd/unit-root",
            "/tmp",
            "/var/tmp",
        ] {
            let entries = self.place(folder).read_dir_utf8();
            let entries = entries.into_iter().flatten().flatten();
            lines.extend(entries.map(|entry| format!("{folder}/{}", entry.file_name())));
        }
        // systemd makes the folder of machines' own folders, and a slice for each template, and
        // keeps both.
        let is_slice = |line: &str| line.rsplit('.').next() == Some("slice");
        lines.retain(|line| line != "/run/lucarne" && !is_slice(line));
        lines.sort();
        Ok(lines)
    }
}

/// Waits until it says that it is up: its first process.
fn up(child: &Child, notify: &UnixDatagram) -> Result<Pid> {
    let top = pid(child.id()).context("a process without an id")?;
    let ended = pidfd_open(top, PidfdFlags::empty())?;
    let end = Instant::now() + LIMIT;
    let mut buffer = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let mut list = [
            PollFd::new(notify, PollFlags::IN),
            PollFd::new(&ended, PollFlags::IN),
        ];
        poll(&mut list, Some(&Timespec::try_from(left)?))?;
        if list[0].revents().contains(PollFlags::IN) {
            let count = notify.recv(&mut buffer)?;
            let text = String::from_utf8_lossy(&buffer[..count]);
            if text.lines().any(|line| line == "READY=1") {
                let mut all = descendants(top).into_iter();
                return all
                    .find(|pid| name(*pid) == "systemd")
                    .context("no systemd runs");
            }
        } else {
            ensure!(list[1].revents().is_empty(), "systemd did not start");
            ensure!(!left.is_zero(), "systemd did not say that it is up");
        }
    }
}

/// What a command writes, as JSON lines, read by a thread of its own.
fn lines(child: &mut Child) -> Result<Receiver<Value>> {
    let output = child.stdout.take().context("its output is a pipe")?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let Ok(line) = line else { return };
            let entry = serde_json::from_str(&line).unwrap_or(Value::Null);
            if sender.send(entry).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// A field of the journal's: text, or the bytes of what is no text that can be shown.
fn text(field: &Value) -> String {
    let Some(bytes) = field.as_array() else {
        return field.as_str().unwrap_or_default().to_owned();
    };
    let bytes = bytes.iter().filter_map(Value::as_u64);
    let bytes: Vec<u8> = bytes.filter_map(|byte| byte.try_into().ok()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Drop for System<'_> {
    fn drop(&mut self) {
        // With its first process all others end, and what started it cleans up after it. Each may
        // have ended by itself.
        _ = kill_process(self.init, Signal::KILL);
        drop(self.follower.kill());
        drop(self.follower.wait());
        drop(self.child.wait());
    }
}

/// A folder for what only root may read.
pub(in crate::real) fn private(folder: &Utf8Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(folder)?;
    Ok(fs::set_permissions(
        folder,
        fs::Permissions::from_mode(0o700),
    )?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_read_however_the_journal_has_it() {
        assert_eq!(text(&json!("Started")), "Started");
        assert_eq!(
            text(&json!([27, 91, 109, 111, 107, 255])),
            "\u{1b}[mok\u{fffd}"
        );
        assert_eq!(text(&Value::Null), "");
    }
}
