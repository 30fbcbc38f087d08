//! A double of QEMU that does what its story says: for tests of what stands around QEMU.
//!
//! It is started by any name `X` and reads `X.story`, whose lines are a word and its rest:
//!
//! * before the machine runs: `version 8.2.0` (what it says that it is), `words TEXT` (its last
//!   words, for it does not like the machine), `locked FILE` (another process has its disk, until
//!   FILE is there, which it makes), `mute` (it never greets);
//! * instead of a long life: `at-once` (its `serial` and `qmp` lines come before the answer to
//!   `cont`, and then it ends), `obeys` (they come behind it, and it ends when the power
//!   button is pressed), `args FILE` (its arguments, a start a line);
//! * once it runs: `serial TEXT` (a line on COM1, `\e`, `\r`, `\n` and `\xHH` escaped),
//!   `raw TEXT` (no line end), `qmp JSON` (an event), `reset` (of the machine; what follows waits
//!   until it was heard), `written BYTES` (on the disk), `wait SECONDS`, `flood MIB` (on COM1),
//!   `memory FILE` (the most memory that the parent has had), `crash`.
//!
//! After its story it hangs, until it is told to quit or killed.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;
use std::{env, fs, process, thread};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Signal, getpid, getppid, kill_process};
use serde_json::{Value, json};

const RESET: &str = r#"{"event": "RESET", "data": {"guest": true, "reason": "guest-reset"}}"#;
const OFF: &str = r#"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}"#;
/// How long a supervisor may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(60);
const GREETING: &str = r#"{"QMP": {"version": {}, "capabilities": []}}"#;
/// Long lines, for that is what costs memory.
const FLOOD_LINE_BYTES: usize = 64 << 10;

/// What the double's two threads share.
#[derive(Clone)]
struct Double {
    qmp: Arc<Mutex<UnixStream>>,
    written: Arc<AtomicU64>,
    asked: Arc<(Mutex<Asked>, Condvar)>,
}

/// How often the disk's counters were asked for: on each tick of the supervisor's, and before it
/// acts on a reset or on a line about booting.
#[derive(Default)]
struct Asked {
    count: u64,
    /// Whether answers wait, and up to which question they do not.
    held: bool,
    let_go: u64,
}

fn main() -> Result<()> {
    let args: Vec<String> = env::args().collect();
    let path = format!("{}.story", args[0]);
    let story = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    let qmp = connect(&args, "qmp")?.context("no monitor is asked for")?;
    let com1 = connect(&args, "com1")?;
    if com1.is_some() && !comes_to_run(&args, &story)? {
        process::exit(1);
    }
    let is_said = |word| story.lines().any(|line| line == word);
    while com1.is_some() && is_said("mute") {
        thread::park();
    }
    let (at_once, obeys) = (is_said("at-once"), is_said("obeys"));
    let commands = BufReader::new(qmp.try_clone()?);
    let double = Double {
        qmp: Arc::new(Mutex::new(qmp)),
        written: Arc::default(),
        asked: Arc::default(),
    };
    double.say(GREETING)?;
    let mut parts = Some((story.clone(), com1));
    for line in commands.lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let reply = double.reply(command["execute"].as_str().unwrap_or_default(), &story);
        if command["execute"] == "query-blockstats" {
            double.count();
        }
        if command["execute"] == "cont"
            && at_once
            && let Some((_, Some(com1))) = &mut parts
        {
            double.play_at_once(&story, com1)?;
        }
        double.say(&json!({ "return": reply, "id": command["id"] }).to_string())?;
        if command["execute"] == "cont"
            && obeys
            && let Some((_, Some(com1))) = &mut parts
        {
            double.play_at_once(&story, com1)?;
        }
        if command["execute"] == "system_powerdown" && obeys {
            double.say(OFF)?;
            process::exit(0);
        }
        if command["execute"] == "quit" || command["execute"] == "cont" && at_once {
            process::exit(0);
        }
        if command["execute"] == "cont"
            && !obeys
            && let Some((story, Some(com1))) = parts.take()
        {
            let double = double.clone();
            thread::spawn(move || {
                if let Err(error) = double.play(&story, com1) {
                    eprintln!("the story cannot be played: {error:#}");
                    process::exit(1);
                }
            });
        }
    }
    Ok(())
}

/// What a machine's QEMU does first, and whether it lives on.
fn comes_to_run(args: &[String], story: &str) -> Result<bool> {
    if let Some(file) = find(story, "args") {
        let mut file = fs::File::options().append(true).create(true).open(file)?;
        writeln!(file, "{}", args[1..].join(" "))?;
    }
    if let Some(words) = find(story, "words") {
        eprintln!("{words}");
        return Ok(false);
    }
    if let Some(file) = find(story, "locked")
        && fs::File::create_new(file).is_ok()
    {
        eprintln!("Failed to get lock\nIs another process using the image [disk.qcow2]?");
        return Ok(false);
    }
    Ok(true)
}

/// The rest of the first line with this word.
fn find<'a>(story: &'a str, word: &str) -> Option<&'a str> {
    let mut lines = story.lines().filter_map(|line| line.split_once(' '));
    lines
        .find(|(first, _)| *first == word)
        .map(|(_, rest)| rest)
}

/// Connects to the socket of a character device in QEMU's arguments.
fn connect(args: &[String], id: &str) -> Result<Option<UnixStream>> {
    let start = format!("socket,id={id},path=");
    let Some(rest) = args.iter().find_map(|arg| arg.strip_prefix(&start)) else {
        return Ok(None);
    };
    let path = rest.split(',').next().unwrap_or_default();
    let stream =
        UnixStream::connect(path).with_context(|| format!("cannot connect to `{path}`"))?;
    Ok(Some(stream))
}

impl Double {
    fn say(&self, line: &str) -> Result<()> {
        let mut qmp = self.qmp.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(qmp.write_all(format!("{line}\n").as_bytes())?)
    }

    /// Counts a question, and waits while answers are held.
    fn count(&self) {
        let (asked, changed) = &*self.asked;
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.count += 1;
        let number = asked.count;
        changed.notify_all();
        let held = |asked: &mut Asked| asked.held && asked.let_go < number;
        let waited = changed.wait_timeout_while(asked, PATIENCE, held);
        drop(waited);
    }

    /// Resets at a moment when the supervisor has heard everything on COM1 and waits for an answer:
    /// the next question is about this reset, for which it then has heard nothing else.
    fn reset(&self, sent: u64) -> Result<()> {
        let (asked, changed) = &*self.asked;
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.held = true;
        asked.let_go = asked.count;
        loop {
            let before = asked.count;
            asked = changed
                .wait_timeout_while(asked, PATIENCE, |asked| asked.count == before)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            ensure!(asked.count > before, "nobody asks");
            let heard = fs::metadata("../serial.log")?.len() == sent;
            if heard {
                self.say(RESET)?;
                asked.held = false;
            }
            asked.let_go = asked.count;
            changed.notify_all();
            if heard {
                break;
            }
        }
        let before = asked.count;
        drop(asked);
        self.asked_more_than(before)
    }

    /// Waits for a question.
    fn asked_more_than(&self, before: u64) -> Result<()> {
        let (asked, changed) = &*self.asked;
        let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, _) = changed
            .wait_timeout_while(asked, PATIENCE, |asked| asked.count <= before)
            .unwrap_or_else(PoisonError::into_inner);
        ensure!(asked.count > before, "nobody asks");
        Ok(())
    }

    fn reply(&self, command: &str, story: &str) -> Value {
        match command {
            "query-version" => {
                let version = find(story, "version").unwrap_or("10.0.0");
                let parts: Vec<u64> = version.split('.').flat_map(str::parse).collect();
                json!({ "qemu": { "major": parts[0], "minor": parts[1], "micro": parts[2] } })
            }
            "query-blockstats" => {
                let written = self.written.load(Ordering::Relaxed);
                json!([{ "node-name": "system", "stats": { "wr_bytes": written } }])
            }
            "query-status" => json!({ "status": "running" }),
            _ => json!({}),
        }
    }

    fn play_at_once(&self, story: &str, com1: &mut UnixStream) -> Result<()> {
        for line in story.lines() {
            match line.split_once(' ') {
                Some(("serial", rest)) => com1.write_all(&[&bytes(rest)?[..], b"\r\n"].concat())?,
                Some(("qmp", rest)) => self.say(rest)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn play(&self, story: &str, mut com1: UnixStream) -> Result<()> {
        // The first tick; the next one is far away.
        self.asked_more_than(0)?;
        // Nobody sends: a wait is one for a word that does not come.
        let (_sender, nothing) = mpsc::channel::<()>();
        let sent = Cell::new(0);
        let mut write = com1.try_clone()?;
        let mut put = |bytes: &[u8]| -> Result<()> {
            sent.set(sent.get() + bytes.len() as u64);
            Ok(write.write_all(bytes)?)
        };
        for line in story.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "serial" => put(&[&bytes(rest)?[..], b"\r\n"].concat())?,
                "raw" => put(&bytes(rest)?)?,
                "qmp" => self.say(rest)?,
                "reset" => self.reset(sent.get())?,
                "written" => self.written.store(rest.parse()?, Ordering::Relaxed),
                "wait" => _ = nothing.recv_timeout(Duration::from_secs_f64(rest.parse()?)),
                "flood" => flood(&mut com1, rest.parse()?)?,
                "memory" => fs::write(rest, most_memory()?)?,
                "crash" => crash()?,
                "version" | "" => {}
                other => bail!("`{other}` is no word of a story"),
            }
        }
        loop {
            thread::park();
        }
    }
}

/// Rust's own handler takes the first signal and steps aside.
fn crash() -> Result<()> {
    loop {
        kill_process(getpid(), Signal::SEGV)?;
    }
}

fn flood(com1: &mut UnixStream, mib: usize) -> Result<()> {
    let mut line = vec![b'x'; FLOOD_LINE_BYTES];
    line[FLOOD_LINE_BYTES - 1] = b'\n';
    for _ in 0..(mib << 20) / FLOOD_LINE_BYTES {
        com1.write_all(&line)?;
    }
    Ok(())
}

/// The parent's peak, in KiB: the line `VmHWM` of its status.
fn most_memory() -> Result<String> {
    let parent = getppid().context("no parent")?.as_raw_nonzero();
    let status = fs::read_to_string(format!("/proc/{parent}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    Ok(kib.context("no peak is told")?.to_owned())
}

/// A text with escapes as bytes.
fn bytes(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (kind, more) = rest.split_first().context("an escape without its kind")?;
        rest = more;
        bytes.push(match kind {
            b'e' => 0x1b,
            b'r' => b'\r',
            b'n' => b'\n',
            b'\\' => b'\\',
            b'x' => {
                let (digits, more) = rest.split_at_checked(2).context("two digits")?;
                rest = more;
                u8::from_str_radix(str::from_utf8(digits)?, 16)?
            }
            _ => bail!("an escape of no kind that is known"),
        });
    }
    Ok(bytes)
}
