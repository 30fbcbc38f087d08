//! `ctl NAME send-key`.

use super::ask;
use crate::failure::Failure;
use crate::instance::control::{Request, qcode};
use crate::instance::found::Found;

/// Presses keys together, such as `ctrl alt delete` or `win+r`, and lets them go
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The keys that are pressed together, apart or with `+` between them
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
}

impl Args {
    pub(super) fn run(&self, found: &Found) -> Result<(), Failure> {
        let keys = self.keys.iter().flat_map(|keys| keys.split('+'));
        let keys: Vec<_> = keys.map(str::to_lowercase).collect();
        for key in &keys {
            // A slip of the user's, not a failure of the machine's.
            qcode(key).map_err(|refusal| Failure::Usage(format!("error: {refusal}\n")))?;
        }
        ask(found, &Request::SendKey { keys }).map(drop)
    }
}
