//! The bar that a person at a terminal sees below the lines.

use std::io::{IsTerminal as _, stderr};
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::install::Listener;
use crate::nix_log;
use crate::progress::{News, Snapshot};

/// No colours, so that `NO_COLOR` has nothing to ask for.
const TEMPLATE: &str = "[{elapsed}] {bar:30} {pos:>3}% {wide_msg}";

/// The one bar of this process: whatever thread writes a line has to find it.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// The bar while an install runs; dropping it clears the line that it is on.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar, where stderr is a terminal that can draw one.
    pub(super) fn new() -> Option<Self> {
        can_draw().then(|| Self::on(ProgressDrawTarget::stderr()))
    }

    fn on(target: ProgressDrawTarget) -> Self {
        // The template is a constant: a wrong one is seen by the test.
        let style = ProgressStyle::with_template(TEMPLATE).map(|style| style.progress_chars("=> "));
        let bar = ProgressBar::with_draw_target(Some(100), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        _ = BAR.set(bar.clone());
        nix_log::step_aside(aside);
        Self(bar)
    }
}

/// Whether stderr is a terminal that can draw a bar.
pub(super) fn can_draw() -> bool {
    let term = std::env::var("TERM");
    stderr().is_terminal() && term.is_ok_and(|term| !term.is_empty() && term != "dumb")
}

/// Clears the bar while a line is written. One that is done is not drawn again.
fn aside(write: &mut dyn FnMut()) {
    match BAR.get() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

impl Listener for Bar {
    fn hear(&mut self, _at: Duration, news: &News) {
        if let News::Progress(snapshot) = news {
            self.0.set_message(message(snapshot));
            self.0.set_position(snapshot.percent.into());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn message(snapshot: &Snapshot) -> String {
    let left = snapshot.left.map(|left| format!(", {left}"));
    format!("{snapshot}{}", left.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;
    use crate::guest::Phase;
    use crate::progress::{Left, Stage};

    #[test]
    fn a_bar_steps_aside_for_lines_and_leaves_nothing() {
        let terminal = InMemoryTerm::new(10, 120);
        let mut bar = Bar::on(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        let snapshot = Snapshot {
            stage: Stage::Guest(Phase::WindowsPe),
            percent: 21,
            stage_percent: Some(43),
            left: Some(Left::Phase(Duration::from_secs(239))),
        };
        bar.hear(Duration::ZERO, &News::Progress(snapshot));
        let shown = "21% windowsPE: copying files 43%, about 4 min of this phase left";
        assert_eq!(terminal.contents(), format!("[0s] ======>{:25}{shown}", ""));
        let mut seen = String::new();
        aside(&mut || seen = terminal.contents());
        assert_eq!(seen, "", "the line is written to a clear line");
        assert!(terminal.contents().contains("21%"), "it is drawn again");
        drop(bar);
        assert_eq!(terminal.contents(), "");
    }
}
