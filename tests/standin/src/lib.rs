//! A stand-in for a Windows ISO and its Setup, for tests: Windows may not be shipped.
//!
//! What keeps Setup's contract is pure and lives here; [`build`] makes the ISO out of it and
//! [`init`] runs it as process 1 of the machine that the ISO starts. The contract is written from
//! Microsoft's documents, not from the generator that it is to judge.

pub mod agent;
pub mod answer;
pub mod build;
pub mod cmd;
pub mod config;
pub mod data_disk;
pub mod driver_store;
pub mod drives;
pub mod eltorito;
pub mod inf;
pub mod init;
pub mod layout;
pub mod load_option;
pub mod order;
pub mod partition_table;
pub mod release;
pub mod settings;
pub mod steps;
pub mod traces;
pub mod transcript;
pub mod udf;
pub mod wim_xml;
