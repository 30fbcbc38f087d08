//! Places that lose what should stay, or keep what should not.

use super::{Inputs, Taken};
use crate::instance::folders::in_memory;
use crate::nix_log;

/// Tells of them.
pub(super) fn tell(inputs: &Inputs<'_>, data: Option<&Taken>, secrets: bool) -> anyhow::Result<()> {
    let runtime = &inputs.folders.runtime;
    if secrets && !in_memory(runtime)? {
        nix_log::say(&format!(
            "warning: `{runtime}` lies on a disk, and what Windows is told at its start, with \
             secrets, is written there\n  hint: set `XDG_RUNTIME_DIR` (for a service \
             `RuntimeDirectory=`) to a folder in memory"
        ));
    }
    if let Some(Taken { path, .. }) = data
        && in_memory(path)?
    {
        nix_log::say(&format!(
            "warning: the data disk `{path}` lies in memory (tmpfs), and is lost when this host \
             restarts\n  hint: name a file on a disk with `dataDisk.path`, or set `XDG_STATE_HOME`"
        ));
    }
    Ok(())
}
