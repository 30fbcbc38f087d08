//! The bar that a person at a terminal sees below the lines.

use std::fmt::Write;
use std::io::{IsTerminal as _, stderr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use rustix::termios::tcgetwinsize;

use super::paint;
use crate::failure;
use crate::install::Listener;
use crate::nix_log;
use crate::progress::{News, Snapshot};

/// How wide the bar itself is where there is room, and what is not worth drawing.
const WIDTH_MAX: usize = 30;
const WIDTH_MIN: usize = 6;
/// A terminal that does not tell its columns.
const COLUMNS: usize = 80;
/// So wide is what stands beside bar and message: the time, the percents, spaces, and the last
/// column, in which some terminals begin a new line.
const BESIDE: usize = "[  0:00]   0%  ".len() + 1;
/// How often it is drawn: the time goes on where nothing is heard for minutes, as in sealing.
const TICK: Duration = Duration::from_secs(1);

/// The one bar of this process: whatever thread writes a line has to find it.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// The bar while an install runs; dropping it clears the line that it is on.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    /// Asked each time: a window may be made smaller.
    columns: fn() -> usize,
}

impl Bar {
    /// A bar, where stderr is a terminal that can draw one. The lines count from `start`, too.
    pub(super) fn new(start: Instant) -> Option<Self> {
        let elapsed = start.elapsed();
        can_draw().then(|| {
            let bar = Self::on(ProgressDrawTarget::stderr(), elapsed, columns);
            bar.make_room();
            bar.bar.enable_steady_tick(TICK);
            bar
        })
    }

    fn on(target: ProgressDrawTarget, elapsed: Duration, columns: fn() -> usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(100), target)
            .with_style(style(0))
            .with_elapsed(elapsed);
        Self { bar, columns }
    }

    /// From now on it steps aside for lines, and is gone when the process ends badly: by a signal
    /// that may be while it is still drawn.
    fn make_room(&self) {
        _ = BAR.set(self.bar.clone());
        nix_log::step_aside(aside);
        failure::tell_also(|_, _| clear());
    }
}

/// Whether stderr is a terminal that can draw a bar.
pub(super) fn can_draw() -> bool {
    let term = std::env::var("TERM");
    stderr().is_terminal() && term.is_ok_and(|term| !term.is_empty() && term != "dumb")
}

/// How many columns stderr's terminal has.
pub(super) fn columns() -> usize {
    let size = tcgetwinsize(stderr()).map_or(0, |size| size.ws_col.into());
    if size == 0 { COLUMNS } else { size }
}

/// The part of a template that draws the bar, and a space, where so many columns are left for it.
pub(super) fn drawn(room: usize) -> String {
    // In one colour, so that it is told from the words beside it.
    let colour = if paint::stderr_has_colours() {
        ".cyan"
    } else {
        ""
    };
    match room.min(WIDTH_MAX) {
        width if width < WIDTH_MIN => String::new(),
        width => format!("{{bar:{width}{colour}}} "),
    }
}

/// Clears the bar while a line is written. One that is done is not drawn again.
fn aside(write: &mut dyn FnMut()) {
    match BAR.get() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn clear() {
    if let Some(bar) = BAR.get().filter(|bar| !bar.is_finished()) {
        bar.finish_and_clear();
    }
}

impl Listener for Bar {
    fn hear(&mut self, _at: Duration, news: &News) {
        if let News::Progress(snapshot) = news {
            let room = (self.columns)().saturating_sub(BESIDE);
            let message = message(snapshot, room);
            // The phase is told in any case, and the bar gets what the words leave.
            self.bar
                .set_style(style(room.saturating_sub(message.len())));
            self.bar.set_message(message);
            self.bar.set_position(snapshot.percent.into());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(room: usize) -> ProgressStyle {
    let template = format!("{{time}} {}{{pos:>3}}% {{wide_msg}}", drawn(room));
    // What is put together is right: a wrong one is seen by the test.
    ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .with_key("time", time)
}

/// The time as the lines above have it.
fn time(state: &ProgressState, out: &mut dyn Write) {
    let time = state.elapsed().as_secs();
    // Writing to a string does not fail.
    _ = write!(out, "[{:3}:{:02}]", time / 60, time % 60);
}

/// As much as there is room for, and no figure that is cut.
fn message(snapshot: &Snapshot, room: usize) -> String {
    let stage = snapshot.stage.as_str();
    let left = snapshot.left.map(|left| format!("{snapshot}, {left}"));
    let short = snapshot.stage_percent.map(|it| format!("{stage}: {it}%"));
    let mut all = [left, Some(snapshot.to_string()), short].into_iter();
    let fits = all.find_map(|words| words.filter(|words| words.len() <= room));
    fits.unwrap_or_else(|| stage.to_owned())
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;
    use crate::guest::Phase;
    use crate::progress::{Left, Stage};

    fn news(left: Option<Left>) -> News {
        News::Progress(Snapshot {
            stage: Stage::Guest(Phase::WindowsPe),
            percent: 21,
            stage_percent: Some(43),
            left,
        })
    }

    /// What a terminal shows after 83 seconds.
    fn shown(columns: fn() -> usize, left: Option<Left>) -> String {
        let width = u16::try_from(columns()).expect("small");
        let terminal = InMemoryTerm::new(10, width);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let mut bar = Bar::on(target, Duration::from_secs(83), columns);
        bar.hear(Duration::ZERO, &news(left));
        terminal.contents()
    }

    #[test]
    fn a_bar_steps_aside_for_lines_and_leaves_nothing() {
        let terminal = InMemoryTerm::new(10, 120);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let mut bar = Bar::on(target, Duration::ZERO, || 120);
        bar.make_room();
        let left = Some(Left::Phase(Duration::from_secs(239)));
        bar.hear(Duration::ZERO, &news(left));
        let words = "21% windowsPE: copying files 43%, about 4 min of this phase left";
        assert_eq!(
            terminal.contents(),
            format!("[  0:00] ======>{:25}{words}", "")
        );
        let mut seen = String::new();
        aside(&mut || seen = terminal.contents());
        assert_eq!(seen, "", "the line is written to a clear line");
        assert!(terminal.contents().contains("21%"), "it is drawn again");
        clear();
        assert_eq!(terminal.contents(), "");
        bar.hear(Duration::ZERO, &news(left));
        aside(&mut || ());
        drop(bar);
        assert_eq!(terminal.contents(), "", "it stays away");
    }

    /// Time, percents and phase are there, however narrow it is, and all on one line.
    #[test]
    fn a_bar_gives_way_to_the_words() {
        let left = Some(Left::Phase(Duration::from_secs(239)));
        let check = |columns, left, wanted: &str| assert_eq!(shown(columns, left), wanted);
        let phase = "windowsPE: copying files 43%";
        let whole = format!("[  1:23]  21% {phase}, about 4 min of this phase left");
        check(|| 80, left, &whole);
        check(
            || 80,
            None,
            &format!("[  1:23] ======>{:25}21% {phase}", ""),
        );
        check(|| 60, None, &format!("[  1:23] ===>{:14}21% {phase}", ""));
        check(|| 60, left, &format!("[  1:23] ===>{:14}21% {phase}", ""));
        check(
            || 40,
            left,
            &format!("[  1:23] ==>{:9}21% windowsPE: 43%", ""),
        );
        check(|| 30, left, "[  1:23]  21% windowsPE: 43%");
        check(|| 24, left, "[  1:23]  21% windowsPE");
    }
}
