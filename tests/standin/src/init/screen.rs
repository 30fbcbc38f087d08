//! What stands on the screen: where the machine is, for who looks at a picture of it. Nothing on
//! COM1 hangs on it, and where the kernel has no screen nobody misses it.

use lucarne_protocol::{Kind, Status};

use super::platform;

/// Begins an empty screen. The cursor would blink, and a picture of a machine that stands still be
/// another one each time.
pub(super) fn begin(title: &str) {
    platform::show(&format!(
        "\x1b[?25l\x1b[2J\x1b[H\r\n  Windows, played by Lucarne's stand-in\r\n\r\n  {title}\r\n\r\n"
    ));
}

/// Adds a line.
pub(super) fn line(text: &str) {
    platform::show(&format!("  {text}\r\n"));
}

/// Adds what the guest program says of phases and steps.
pub(super) fn hear(kind: &Kind) {
    match kind {
        Kind::Phase { phase } => line(&format!("the guest program: {phase}")),
        Kind::Step {
            n,
            of,
            name,
            status: Status::Start,
            ..
        } => line(&format!("step {n} of {of}: {name}")),
        Kind::Step {
            name,
            status: Status::Failed,
            ..
        } => line(&format!("failed: {name}")),
        Kind::Ready => line("ready"),
        _ => {}
    }
}
