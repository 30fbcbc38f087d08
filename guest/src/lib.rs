//! Lucarne's program inside Windows: does the steps that the media carry, reports on COM1, and
//! prepares the image for its sealing, and a machine at each start.
//!
//! # The flow
//!
//! 1. The first command of Setup's pass specialize copies this program and `steps.json` to
//!    `C:\Windows\Lucarne`; `specialize` does the steps of that pass.
//! 2. The one command of the first logon is `register`: it makes the service, does the steps of
//!    the session where there are some, and starts the service.
//! 3. The service does the steps of SYSTEM, takes out what must not be in an image, restarts,
//!    waits until Windows is idle, says `done`, and switches the machine off.
//! 4. At each later start it applies what the start's medium tells ([`boot`]), does the steps of
//!    that phase, and says `applied` and `ready`; unless a medium brings a [`layer`]: then 3 comes
//!    again, with its steps.
//!
//! # The parts
//!
//! [`course`] decides what comes next, by the [`state`] that it leaves at every turn, on a
//! [`machine`] that it knows by a trait alone. What can be computed without Windows is in the
//! other modules: command lines ([`quote`], [`args`]), bytes ([`text`], [`output`], [`value`]),
//! lists ([`list`]), a task's XML ([`task`]), what an exit code means ([`exit`]), what a service is
//! asked ([`service`]), what sysprep did ([`generalize`]), which files are waited for ([`held`]),
//! what is taken out ([`scrub`]). `windows` is the rest: the calls, each as small as it can be.
//!
//! # Invariants
//!
//! 1. The state is on the disk before and after each step: a kill anywhere is ordinary.
//! 2. Every wait has an end, also that for a host that does not read.
//! 3. Nothing of the user's is pasted into a script or a command line without its quoting.
//! 4. `unsafe` is in `windows` alone, with the reason why each call is sound.
//! 5. No password is told, logged, or in an argument list; those of a start are on no disk.
//! 6. A start restarts nothing, and the making of an identity a bounded number of times.

pub mod args;
pub mod boot;
pub mod course;
pub mod exit;
pub mod generalize;
pub mod held;
pub mod layer;
pub mod list;
pub mod machine;
pub mod name;
pub mod output;
pub mod pace;
pub mod quiet;
pub mod report;
pub mod scrub;
pub mod service;
pub mod state;
pub mod task;
pub mod text;
pub mod value;
#[cfg(windows)]
pub mod windows;

pub use lucarne_protocol::{glob, quote};
