//! The guest program's file.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::parts;
use crate::test::{Check, Context, Outcome};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "guest/build",
    shows: "the guest program is built for Windows by Debian's compiler, and is a small one",
    run,
}];

/// It goes over a CD and lies in every image. The page `docs/guest.md` promises as much.
const BYTES_MAX: usize = 3 << 19;

fn run(context: &Context) -> Result<Outcome> {
    let guest = parts::guest()?;
    let program =
        fs::read(&guest.program).with_context(|| format!("cannot read `{}`", guest.program))?;
    let bytes = program.len();
    context.log(&format!("{bytes} bytes"))?;
    ensure!(program.starts_with(b"MZ"), "it is no program of Windows");
    ensure!(bytes <= BYTES_MAX, "it has {bytes} bytes");
    Ok(Outcome::Passed)
}
