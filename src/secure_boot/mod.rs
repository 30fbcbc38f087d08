//! Secure Boot, foreseen: whether firmware with these variables will start that boot program.
//!
//! Firmware starts a program when a certificate in its `db` signed it, directly or through the
//! certificates that the signature brings along, and nothing in its `dbx` speaks against it.
//! Microsoft signs Windows' loaders under a certificate of 2011 or under one of 2023, and not
//! every firmware's `db` has both; a loader that is not trusted ends in the firmware's own terse
//! refusal, minutes later.
//!
//! [`variables`] reads the firmware's variables, [`loader`] the boot program out of a CD's boot
//! image, [`program`] its signatures, and [`trust`] compares.

mod certificate;
mod database;
#[cfg(test)]
pub(crate) mod fixture;
mod loader;
mod program;
#[cfg(test)]
mod tests;
mod trust;
mod variables;
mod whole;

pub use loader::loader;
pub use program::Program;
pub use trust::{Judgement, Refusal, Trust, judge};
pub use variables::Variables;
