//! What an image costs to evaluate, and what a hundred of a matrix do.

use anyhow::Result;

use super::table::Row;
use super::{Bench, script};

/// Of the machine's noise a short run has more.
const MORE_RUNS: usize = 5;

/// Down to the derivations of all.
pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let file = script("matrix.nix");
    let evaluate = |count| {
        // Else the first run writes each derivation into the store.
        let command = ["nix-instantiate", "--eval", "--strict", "--readonly-mode"];
        [&command[..], &[file.as_str(), "--arg", "count", count]].concat()
    };
    let (one, hundred) = (evaluate("1"), evaluate("100"));
    let row = bench.row(
        "evaluation",
        bench.runs * MORE_RUNS,
        &[
            ("an image, evaluated", &one),
            ("100 images of a matrix, on 50 bases", &hundred),
        ],
    )?;
    Ok(vec![row])
}
