//! Checks with real tools and a real Nix, in the tool root.

mod eval;
mod sandbox;
mod tree;

use crate::test::Check;

/// Every real check. The long ones come first: two run at a time.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    [eval::CHECKS, sandbox::CHECKS].into_iter().flatten()
}
