//! The power button, which ACPI gives to whoever reads its input device.

use std::{
    fs::{self, File},
    io::Read as _,
};

use anyhow::{Context as _, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::platform;

/// `struct input_event` of 64-bit Linux: two longs for the time, then type, code and value.
const EVENT_BYTES: usize = 24;
/// `EV_KEY` and `KEY_POWER` of linux/input-event-codes.h.
const KEY: u16 = 1;
const POWER: u16 = 116;

/// Opens every input device: the button is one of few.
pub(super) fn open() -> Result<Vec<File>> {
    platform::load(&["button", "evdev"])?;
    let mut devices = Vec::new();
    for entry in fs::read_dir("/dev/input").context("there are no input devices")? {
        let entry = entry.context("cannot list the input devices")?;
        if entry.file_name().to_string_lossy().starts_with("event") {
            let path = entry.path();
            let device = File::open(&path);
            devices.push(device.with_context(|| format!("cannot open `{}`", path.display()))?);
        }
    }
    ensure!(!devices.is_empty(), "there is no power button");
    Ok(devices)
}

/// Whether it was pressed since it was last asked.
pub(super) fn pressed(devices: &[File]) -> Result<bool> {
    let mut list: Vec<_> = devices
        .iter()
        .map(|device| PollFd::new(device, PollFlags::IN))
        .collect();
    poll(&mut list, Some(&Timespec::default())).context("cannot look at the power button")?;
    let ready = list.iter().map(|one| one.revents().contains(PollFlags::IN));
    let ready: Vec<bool> = ready.collect();
    let mut pressed = false;
    for (mut device, _) in devices.iter().zip(ready).filter(|(_, ready)| *ready) {
        let mut event = [0; EVENT_BYTES];
        device
            .read_exact(&mut event)
            .context("cannot read the power button")?;
        pressed |= is_press(&event);
    }
    Ok(pressed)
}

fn is_press(event: &[u8; EVENT_BYTES]) -> bool {
    let number = |at: usize| u16::from_le_bytes([event[at], event[at + 1]]);
    number(16) == KEY && number(18) == POWER && number(20) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_power_buttons_press_counts() {
        let event = |kind: u16, code: u16, value: u16| {
            let mut event = [0; EVENT_BYTES];
            for (at, number) in [(16, kind), (18, code), (20, value)] {
                event[at..at + 2].copy_from_slice(&number.to_le_bytes());
            }
            event
        };
        assert!(is_press(&event(KEY, POWER, 1)));
        assert!(!is_press(&event(KEY, POWER, 0)));
        assert!(!is_press(&event(KEY, 30, 1)));
        assert!(!is_press(&event(0, 0, 1)));
    }
}
