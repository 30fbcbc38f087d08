//! The fuzzers: libFuzzer around what `targets` names.

mod targets;

pub use cap::Cap;
pub use libfuzzer_sys::fuzz_target;
pub use targets::{TARGETS, Target};

/// What an input may cost in memory: twice what a whole install may.
pub const MEMORY_BYTES_MAX: usize = 64 << 20;

/// The target of a name.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn named(name: &str) -> Target {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    found.expect("a target of this name").1
}

/// The whole of a fuzzer's program. Memory beyond the bound is not given, which aborts.
#[macro_export]
macro_rules! fuzzer {
    ($name:literal) => {
        #[global_allocator]
        static MEMORY: $crate::Cap<std::alloc::System> =
            $crate::Cap::new(std::alloc::System, $crate::MEMORY_BYTES_MAX);

        $crate::fuzz_target!(|data: &[u8]| $crate::named($name)(data));
    };
}
