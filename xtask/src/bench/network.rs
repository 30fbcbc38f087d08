//! What a machine more costs the evaluation of a host with a network.

use anyhow::Result;

use super::table::Row;
use super::{Bench, script};

/// The same host with few machines and with many: ten times as many may take ten times as long. In
/// a subnet that is nearly full many have to move.
pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let file = script("network.nix");
    let evaluate = |count| {
        // Else the first run writes each derivation into the store.
        let command = ["nix-instantiate", "--eval", "--strict", "--readonly-mode"];
        [&command[..], &[file.as_str(), "--arg", "count", count]].concat()
    };
    let (ten, hundred, thousand) = (evaluate("10"), evaluate("100"), evaluate("1000"));
    let crowd = [&evaluate("200")[..], &["--arg", "length", "24"]].concat();
    let row = bench.row(
        "network",
        bench.runs,
        &[
            ("10 machines of a host, evaluated", &ten),
            ("100 machines", &hundred),
            ("1,000 machines", &thousand),
            ("200 machines in a /24", &crowd),
        ],
    )?;
    Ok(vec![row])
}
