//! QEMU as a process and a QMP peer.

mod event;
mod qmp;

pub use event::Event;
pub use qmp::Qmp;
