//! What an install is heard by: firmware, guest, QEMU and the clock.

use lucarne_protocol::Event as Said;

use super::firmware::Boot;
use crate::qemu::Event;

/// Something that was heard.
#[derive(Clone, Debug)]
pub enum Input {
    Qemu(Event),
    /// The CPUs stopped in this state of QEMU's.
    Stopped(String),
    Boot(Boot),
    Guest(Said),
    /// How many bytes the guest has written to the system disk so far.
    Written(u64),
    /// How many bytes the guest has read of the CD so far.
    CdRead(u64),
    /// Time went by.
    Tick,
    /// QEMU's process ended, with its last words.
    Exited(String),
}

impl Input {
    /// What a line on COM1 says, if it says something that counts. Text of the guest's that is
    /// neither firmware's nor an event is for the log.
    #[must_use]
    pub fn of_line(line: &str) -> Option<Self> {
        match lucarne_protocol::decode(line) {
            Some(Ok(event)) => Some(Self::Guest(event)),
            // A half line, or a guest that plays tricks: its sequence number is missed later.
            Some(Err(_)) => None,
            None => Boot::read(line).map(Self::Boot),
        }
    }
}
