//! Lucarne: a Windows ISO becomes a Nix value.

pub mod answer;
pub mod builder;
#[cfg(feature = "cli")]
pub mod cli;
pub mod disk;
pub mod exec;
pub mod failure;
pub mod guard;
pub mod guest;
pub mod inputs;
pub mod install;
pub mod machine;
pub mod manifest;
pub mod media;
pub mod nix_log;
pub mod optical;
pub mod output;
pub mod plan;
pub mod problem;
pub mod qemu;
pub mod seal;
pub mod spec;
pub mod tools;
pub mod virtio_win;
pub mod windows_iso;
