//! What a virtio-win ISO holds.

use std::collections::BTreeSet;

/// The facts that planning needs of a virtio-win ISO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtioWin {
    /// The volume's label, such as `virtio-win-0.1.285`.
    pub label: String,
    /// The driver folders, `driver/system/architecture` as the ISO spells them.
    pub folders: BTreeSet<String>,
}
