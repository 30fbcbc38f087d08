//! Process 1: Windows Setup when it was started from a CD, Windows when it was started from a
//! partition.

mod button;
mod disk;
mod firmware;
mod layer;
mod life;
mod media;
mod platform;
mod play;
mod says;
mod screen;
mod serial;
mod setup;
mod state;
mod windows;

use std::{convert::Infallible, path::Path};

use anyhow::Result;

/// Runs the machine; it ends with a reset, a power-off or a hang.
pub fn run() -> ! {
    let error = match start() {
        Ok(never) => match never {},
        Err(error) => error,
    };
    stop(&error, media::explains())
}

fn start() -> Result<Infallible> {
    platform::mount_basics()?;
    platform::load(&["efivarfs"])?;
    platform::mount(
        "efivarfs",
        "efivarfs",
        Path::new("/sys/firmware/efi/efivars"),
        "",
    )?;
    match firmware::started_from_partition() {
        Some(partition) => windows::start(&partition),
        None => setup::start(),
    }
}

/// What Windows does when it cannot go on: a dialog on the screen, and nothing anywhere else.
fn stop(error: &anyhow::Error, explains: bool) -> ! {
    let text = format!("{error:#}");
    platform::show(&format!(
        "\r\n\r\n  Windows Setup\r\n\r\n  {text}\r\n\r\n  [ OK ]\r\n"
    ));
    if explains {
        serial::say_on_com2(&format!("standin: {text}\r\n"));
    }
    platform::flush();
    platform::hang()
}
