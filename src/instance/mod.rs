//! A machine that runs: a throw-away system disk over an image, a data disk that stays, and one
//! process that watches over it.
//!
//! 1. [`spec`] reads `lucarne.machine/1`, and [`plan`] judges it against the image's manifest.
//! 2. [`host`] looks whether this host has what is asked of it, [`folders`] finds and locks the
//!    machine's places, [`disk`] makes its disks, and [`shares`] serves folders of the host's.
//!    [`tap`] makes and removes a machine's interface for those who may.
//! 3. [`run`] starts QEMU with the same code as an install, [`supervise`] hears it, the guest,
//!    signals and requests, and does what [`course`] says.
//! 4. [`state`] is what it tells of itself to others, [`notify`] what it tells systemd, [`status`]
//!    what it answers, and [`control`] is how others ask it for something, as for a [`snapshot`]
//!    or a [`backup`]. [`network`] is what the host's configuration tells of it and its
//!    neighbours.
//! 5. [`data_folder`] is what root does before a machine whose data disk lies elsewhere, and
//!    [`runner`] a machine as Nix makes it.
//! 6. [`settings`] is what Windows is told at its start, of the plan and of [`credentials`]: a
//!    document that both sides share, on a CD that nobody else can read.
//!
//! The course is pure: time is one of its inputs.

pub mod backup;
pub mod base;
pub mod control;
pub mod course;
pub mod credentials;
pub mod data_folder;
pub mod disk;
pub mod folders;
pub mod found;
pub mod host;
mod identity;
pub mod import;
mod lock;
pub mod network;
pub mod notify;
mod part;
pub mod plan;
mod roots;
pub mod run;
pub mod runner;
pub mod settings;
pub mod shares;
pub mod snapshot;
pub mod spec;
pub mod state;
pub mod status;
mod supervise;
pub mod tap;

pub use plan::{Plan, Tpm};
pub use run::{Inputs, plan as plan_of, run};
