//! Windows itself: every call of its functions.
//!
//! Handles are closed by their owners' `Drop`, texts go in as UTF-16 with a zero at their end.

#![allow(
    non_upper_case_globals,
    reason = "codes of some of Windows' functions are named so"
)]
#![allow(
    unsafe_code,
    reason = "Windows' functions are called here, and nowhere else"
)]

mod account;
mod act;
mod boot;
mod certificate;
mod changes;
mod checks;
pub mod command;
mod device;
mod files;
mod generalize;
mod hive;
mod layer;
mod letters;
mod logon;
mod medium;
mod port;
mod process;
mod registry;
mod scm;
mod scrub;
mod secret;
mod security;
mod service;
mod settle;
mod share;
mod system;
mod variables;
mod wide;
mod world;
