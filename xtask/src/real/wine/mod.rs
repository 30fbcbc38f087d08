//! The guest program under Wine: really built, really run, and read back by other means.

mod build;
mod course;
mod document;
mod generalize;
mod host_keys;
mod identity;
mod kinds;
mod layer;
mod logon;
mod machine;
mod msi;
mod own_sid;
mod port;
mod programs;
mod protocol;
mod quoting;
mod record;
mod resume;
mod start;

use crate::test::Check;

pub(crate) use record::record;

/// Every check of the guest program.
pub(super) fn checks() -> impl Iterator<Item = &'static Check> {
    let all = [
        // They wait for a machine's deadlines, and what takes long is not to be what is left.
        start::CHECKS,
        own_sid::CHECKS,
        resume::CHECKS,
        quoting::CHECKS,
        build::CHECKS,
        course::CHECKS,
        logon::CHECKS,
        layer::CHECKS,
        host_keys::CHECKS,
        kinds::CHECKS,
        programs::CHECKS,
        msi::CHECKS,
        generalize::CHECKS,
        protocol::CHECKS,
    ];
    all.into_iter().flatten()
}
