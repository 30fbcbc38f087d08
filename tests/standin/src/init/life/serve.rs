//! A machine in use: it waits for its power button, for the agent's host and for COM2.

use std::{
    convert::Infallible,
    fs::File,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value, json};

use super::{Life, attach, console, ports};
use crate::{
    agent::{Agent, Asked},
    init::{button, serial, windows::Windows},
    order::{Lines, Order, SAYS, Way, parse},
};

/// How often the agent's port is looked at while no host is there: the kernel says of it, at each
/// question, that it is hung up, so nothing can be waited for.
const LOOK: Duration = Duration::from_millis(200);

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    PowerOff,
    Restart,
}

/// What the machine waits for.
#[derive(Debug)]
pub(super) struct Ports {
    buttons: Vec<File>,
    console: File,
    agent: Option<File>,
    /// Whether a host was at the agent's port when it was last looked at.
    host: bool,
}

/// What there is to do.
#[derive(Clone, Copy, Debug, Default)]
struct Woken {
    button: bool,
    console: bool,
    agent: bool,
}

/// A machine in use.
#[derive(Debug)]
struct Served<'a> {
    windows: &'a mut Windows,
    life: Life,
    agent: Agent,
    /// What it does not hear.
    ignores: Vec<Way>,
    /// How long it takes to shut down.
    slow: Duration,
    ends: Option<(End, Instant)>,
    /// The folder that is written into, and the next block's number.
    churn: Option<(String, u64)>,
}

/// Serves until the end.
pub(super) fn serve(windows: &mut Windows, life: Life, mut ports: Ports) -> Result<Infallible> {
    let mut served = Served {
        windows,
        life,
        agent: Agent::default(),
        ignores: Vec::new(),
        slow: Duration::ZERO,
        ends: None,
        churn: None,
    };
    let mut lines = Lines::default();
    loop {
        let woken = ports.wait(served.patience())?;
        if woken.button && button::pressed(&ports.buttons)? && served.hears(Way::Acpi) {
            served.end(End::PowerOff);
        }
        if woken.console {
            for line in lines.push(&ports::read(&ports.console)?) {
                served.order(&line);
            }
        }
        if let Some(port) = ports.agent.as_ref().filter(|_| woken.agent) {
            let bytes = ports::read(port)?;
            let answer = served.ask(&bytes);
            ports::write(port, &answer);
        }
        served.churn();
        if let Some((end, at)) = served.ends
            && at <= Instant::now()
        {
            return served.finish(end);
        }
    }
}

impl Ports {
    /// Opens all of them.
    pub(super) fn open() -> Result<Self> {
        Ok(Self {
            buttons: button::open()?,
            console: ports::console()?,
            agent: ports::agent()?,
            host: true,
        })
    }

    /// Waits for one of them, or so long.
    fn wait(&mut self, patience: Option<Duration>) -> Result<Woken> {
        let mut list: Vec<_> = self
            .buttons
            .iter()
            .chain([&self.console])
            .chain(self.agent.as_ref().filter(|_| self.host))
            .map(|file| PollFd::new(file, PollFlags::IN))
            .collect();
        let look = (!self.host).then_some(LOOK);
        let patience = patience.into_iter().chain(look).min();
        let patience = patience.map(Timespec::try_from).transpose();
        let patience = patience.context("a time to wait")?;
        poll(&mut list, patience.as_ref()).context("cannot wait")?;
        let heard: Vec<PollFlags> = list.iter().map(PollFd::revents).collect();
        let (buttons, others) = heard.split_at(self.buttons.len());
        let agent = others.get(1).copied().unwrap_or(PollFlags::empty());
        let readable = |flags: &PollFlags| flags.contains(PollFlags::IN);
        // A port that is hung up is looked at again after a while: without a host the kernel's
        // driver says of it at once, and for good, that there is something to read, too.
        self.host = !self.host || !agent.contains(PollFlags::HUP);
        Ok(Woken {
            button: buttons.iter().any(readable),
            console: others.first().is_some_and(readable),
            agent: readable(&agent),
        })
    }
}

impl Served<'_> {
    /// How long it may wait before it has something to do by itself.
    fn patience(&self) -> Option<Duration> {
        if self.churn.is_some() {
            return Some(Duration::ZERO);
        }
        let end = self.ends.map(|(_, at)| at);
        end.map(|at| at.saturating_duration_since(Instant::now()))
    }

    fn hears(&self, way: Way) -> bool {
        !self.ignores.contains(&way)
    }

    /// The first end that is asked for is the one that comes.
    fn end(&mut self, end: End) {
        let at = Instant::now() + self.slow;
        self.ends.get_or_insert((end, at));
    }

    fn ask(&mut self, bytes: &[u8]) -> Vec<u8> {
        if !self.hears(Way::AgentMute) {
            return Vec::new();
        }
        let (out, asked) = self.agent.push(bytes);
        for one in asked {
            match one {
                Asked::Shutdown { restarts } if self.hears(Way::Agent) => {
                    self.end(if restarts {
                        End::Restart
                    } else {
                        End::PowerOff
                    });
                }
                Asked::Shutdown { .. } => {}
                Asked::Exec { pid, line } => {
                    let ran = console::run(&self.life, self.windows, &line);
                    let (code, output) = ran.unwrap_or_else(|error| (1, format!("{error:#}\r\n")));
                    self.agent.ended(pid, code, output);
                }
            }
        }
        out
    }

    fn order(&mut self, line: &str) {
        let done = parse(line)
            .map_err(anyhow::Error::msg)
            .and_then(|order| self.obey(order));
        say(&done.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })));
    }

    fn obey(&mut self, order: Order) -> Result<Value> {
        let drives = &self.life.drives;
        let done = json!("done");
        Ok(match order {
            Order::Show => self.life.show(self.windows),
            Order::Write { path, text } => {
                console::write(drives, &path, text.as_bytes())?;
                done
            }
            Order::Read { path } => json!({ "text": console::read(drives, &path)? }),
            Order::Churn { path } => {
                console::begin(drives, &path)?;
                self.churn = Some((path, 1));
                done
            }
            Order::Rest => {
                self.churn = None;
                done
            }
            Order::Check { path } => console::check(drives, &path)?,
            Order::Fill { drive } => console::fill(drives, drive)?,
            Order::Ignore(way) => {
                self.ignores.push(way);
                done
            }
            Order::Slow { seconds } => {
                self.slow = Duration::from_secs(seconds.into());
                done
            }
            Order::Restart => {
                self.end(End::Restart);
                done
            }
            Order::PowerOff => {
                self.end(End::PowerOff);
                done
            }
            Order::Crash => {
                console::crash()?;
                done
            }
        })
    }

    /// Writes the next block, where that was ordered, and tells of it once it is on the disk.
    fn churn(&mut self) {
        let Some((path, number)) = self.churn.take() else {
            return;
        };
        match console::add(&self.life.drives, &path, number) {
            Ok(()) => {
                say(&json!({ "wrote": number }));
                self.churn = (number < console::CHURN_MAX).then_some((path, number + 1));
            }
            Err(error) => say(&json!({ "error": format!("{error:#}") })),
        }
    }

    fn finish(self, end: End) -> Result<Infallible> {
        if let Some(data) = &self.life.data {
            attach::detach(&data.root)?;
        }
        match end {
            End::PowerOff => self.windows.power_off(),
            End::Restart => self.windows.reset(),
        }
    }
}

fn say(what: &Value) {
    serial::say_on_com2(&format!("{SAYS}{what}\r\n"));
}
