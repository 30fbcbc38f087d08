//! Checks with real tools and a real Nix, in the tool root.

mod sandbox;

use crate::test::Check;

/// Every real check. The long ones come first: two run at a time.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    [sandbox::CHECKS].into_iter().flatten()
}
