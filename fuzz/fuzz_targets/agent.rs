//! The fuzzer of this name; see `src/targets`.
#![no_main]

lucarne_fuzz::fuzzer!("agent");
