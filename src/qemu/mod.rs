//! QEMU as a process and a QMP peer.

mod event;
mod probe;
mod process;
mod qmp;
mod served;
mod socket;
mod transcript;

pub use event::Event;
#[cfg(feature = "cli")]
pub(crate) use probe::VERSION_MIN;
pub(crate) use probe::accept;
pub use probe::{Refused, probe};
pub use process::{Ended, Process};
pub use qmp::Qmp;
pub use served::Served;
pub(crate) use socket::{connect, connect_plainly, listen, listen_plainly};
pub use transcript::Transcript;
