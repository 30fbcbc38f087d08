//! Steps that Windows has functions for, each read back by other means.

mod files;
mod names;
mod registry;
mod services;

use crate::test::Check;

pub(super) const CHECKS: &[Check] = &[
    registry::CHECK,
    registry::ENVIRONMENT,
    files::CHECK,
    services::CHECK,
    services::TASKS,
    names::CHECK,
    names::CERTIFICATES,
    names::NOT_RUN,
];
