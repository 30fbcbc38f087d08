//! The events of QMP that a verdict hangs on.

use serde_json::Value;

/// One event. A field that is absent or of another type is taken for empty: QEMU is not hostile,
/// but a version may say less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The machine was reset; `guest`: by the guest.
    Reset {
        guest: bool,
        reason: String,
    },
    /// The machine ends; `guest`: the guest powered it off.
    Shutdown {
        guest: bool,
        reason: String,
    },
    /// The CPUs stopped; the state says why.
    Stop,
    Resume,
    /// The guest's system crashed and said so, or its CPU gave up.
    GuestPanicked {
        info: String,
    },
    /// The host could not read or write a disk.
    BlockIoError {
        /// The disk's node.
        node: String,
        no_space: bool,
        reason: String,
    },
    /// A file of a disk's has grown beyond what was said.
    WriteThreshold,
    /// A job of a disk's goes from one state to the next.
    Job {
        id: String,
        status: String,
    },
    Other(String),
}

impl Event {
    /// Reads a QMP message; `None`: it is no event.
    #[must_use]
    pub fn read(message: &Value) -> Option<Self> {
        let name = message.get("event")?.as_str()?;
        let data = &message["data"];
        let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
        let is = |key: &str| data[key].as_bool().unwrap_or_default();
        Some(match name {
            "RESET" => Self::Reset {
                guest: is("guest"),
                reason: text("reason"),
            },
            "SHUTDOWN" => Self::Shutdown {
                guest: is("guest"),
                reason: text("reason"),
            },
            "STOP" => Self::Stop,
            "RESUME" => Self::Resume,
            "GUEST_PANICKED" => Self::GuestPanicked {
                info: match &data["info"] {
                    Value::Null => String::new(),
                    info => info.to_string(),
                },
            },
            "BLOCK_IO_ERROR" => Self::BlockIoError {
                node: text("node-name"),
                no_space: is("nospace"),
                reason: text("reason"),
            },
            "BLOCK_WRITE_THRESHOLD" => Self::WriteThreshold,
            "JOB_STATUS_CHANGE" => Self::Job {
                id: text("id"),
                status: text("status"),
            },
            other => Self::Other(other.to_owned()),
        })
    }
}
