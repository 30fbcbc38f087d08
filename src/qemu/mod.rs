//! QEMU as a process and a QMP peer.

mod event;

pub use event::Event;
