//! What the texts for several engines have in common.

pub(super) mod hyperv;
pub(super) mod names;
pub(super) mod told;
pub(super) mod yaml;
