//! The control socket: how other processes ask a running machine for something.
//!
//! A client writes a [`Request`] as a line of JSON and reads a [`Reply`] as another; before the
//! last one there may be lines that tell how far it is. The socket lies in the machine's runtime
//! folder. Who may connect is its owner, root, and a group where one was named ([`Access`]): the
//! socket's mode says so to the kernel, and the server looks at each peer's credentials again.
//!
//! Lines, clients and waits are bounded on both sides. What the guest said, by its agent or on its
//! disk, is hostile in here as everywhere.
//!
//! * [`Server`] gives the supervisor's loop each request as an [`Asked`];
//! * [`Duties`] is what QEMU's monitor and the guest agent can do for it;
//! * [`Client`] is the other end, and blocks;
//! * [`Agent`] is a client of the guest agent inside the machine.

mod access;
mod agent;
mod client;
mod connection;
mod duties;
mod keys;
mod reply;
mod request;
mod server;
#[cfg(test)]
mod tests;

pub use access::{Access, Peer, group_id, user_id};
#[doc(hidden)]
pub use agent::hostile;
pub use agent::{Agent, NoAgent, Ran, Shutdown};
pub use client::{Client, Unreachable};
pub use duties::{Duties, OfCourse, is_console_taken};
pub use keys::qcode;
pub use reply::{Kind, Refusal, Reply};
pub use request::{Request, is_snapshot_name};
pub use server::{Answer, Asked, Server};

/// The name of the socket in the runtime folder.
pub const SOCKET: &str = "control.sock";
/// The longest request, its line feed included.
pub const REQUEST_BYTES_MAX: usize = 64 << 10;
/// The longest reply: a picture of a large screen.
pub const REPLY_BYTES_MAX: usize = 8 << 20;
/// How many may be connected at once.
pub const CLIENTS_MAX: usize = 8;
