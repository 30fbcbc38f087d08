//! The guest program under Wine, really built and really run.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::parts;
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "guest/build",
    shows: "the guest program is built for Windows by Debian's compiler, and is a small one",
    run: build,
}];

/// It goes over a CD and lies in every image.
const BYTES_MAX: u64 = 3 << 20;

fn build(context: &Context) -> Result<Outcome> {
    let guest = parts::guest()?;
    let program =
        fs::read(&guest.program).with_context(|| format!("cannot read `{}`", guest.program))?;
    context.log(&format!("{} bytes", program.len()))?;
    ensure!(program.starts_with(b"MZ"), "it is no program of Windows");
    ensure!(
        program.len() as u64 <= BYTES_MAX,
        "it has {} bytes",
        program.len()
    );
    Ok(Outcome::Passed)
}
