//! QEMU as a process and a QMP peer.

mod event;
mod probe;
mod process;
mod qmp;
mod served;
mod transcript;

pub use event::Event;
pub use probe::{Refused, probe};
pub(crate) use probe::{accept, connect, listen, listen_plainly};
pub use process::Process;
pub use qmp::Qmp;
pub use served::Served;
pub use transcript::Transcript;
