//! The answer ISO: the small disc that tells Windows Setup what to do, and what goes with it.
//!
//! The tree is a value made from the plan and the payload's bytes; the disc is made from the
//! tree alone, in process. Both have equal bytes for equal inputs.

mod iso;
mod layer;
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use anyhow::{Context as _, ensure};
use camino::Utf8Path;
use lucarne_protocol::step::GENERALIZE_FILE;

use crate::answer;
use crate::driver_folder;
use crate::failure::Failure;
use crate::inputs::Planned;
use crate::output::Output;
use crate::payload::{self, Source};
use crate::plan::{self, Contents, Plan};
use crate::problem::{Problem, Problems};
use crate::regular;
use crate::signals::Signals;
use crate::virtio_win;

pub use iso::{LABEL, check_name, write};
pub use layer::build as build_layer;
pub use tree::{GAVE_UP, OF_WINDOWS, Payload, Tree, tree};

/// Everybody may read what a build makes.
const MODE: u32 = 0o644;
/// The guest program has about 1 MB.
const GUEST_BYTES_MAX: u64 = 64 << 20;

/// Makes the output folder: `answer.iso`, and for people `plan.json`, `Autounattend.xml` and, of an
/// image that is generalised, the answer file of its copies.
pub fn build(
    planned: &Planned,
    guest: Option<&Utf8Path>,
    out: &Utf8Path,
    signals: &Signals,
) -> Result<(), Failure> {
    let tree = read_tree(planned, guest)?;
    let output = signals.make(|| Output::beside(out), Output::traces)?;
    let written = fill(output.folder(), &tree, &planned.plan);
    signals.settle();
    written?;
    signals.commit(output)?;
    Ok(())
}

fn fill(folder: &Utf8Path, tree: &Tree, plan: &Plan) -> anyhow::Result<()> {
    write(tree, &folder.join("answer.iso"), MODE)?;
    let mut texts = vec![
        ("plan.json", plan.to_json()),
        ("Autounattend.xml", answer::render(plan)),
    ];
    texts.extend(answer::render_copies(plan).map(|text| (GENERALIZE_FILE, text)));
    for (name, text) in texts {
        let file = folder.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write `{file}`"))?;
    }
    Ok(())
}

/// Reads what the plan needs of other files, and makes the tree.
pub fn read_tree(planned: &Planned, guest: Option<&Utf8Path>) -> Result<Tree, Failure> {
    let needed = &planned.plan.drivers;
    let folders: Vec<&str> = needed
        .iter()
        .filter_map(|driver| driver.folder.as_deref())
        .collect();
    let drivers = match &planned.virtio_win {
        Some((iso, _)) if folders.len() == needed.len() => virtio_win::drivers(iso, folders)?,
        _ if needed.is_empty() => Vec::new(),
        _ => return Err(Failure::Spec(Problems(vec![no_virtio_win(planned)]))),
    };
    let payload = Payload {
        drivers,
        own_drivers: own_drivers(&planned.plan.driver_folders)?,
        of_steps: of_steps(
            &planned.plan.payloads,
            planned.virtio_win.as_ref().map(|(iso, _)| iso.as_path()),
        )?,
        guest: guest.map(read_guest).transpose()?,
    };
    Ok(tree(&planned.plan, payload)?)
}

/// The files that steps need, those apart that the plan has itself.
fn of_steps(
    payloads: &[plan::Payload],
    virtio_win: Option<&Utf8Path>,
) -> anyhow::Result<Vec<BTreeMap<String, Source>>> {
    let mut budget = payload::budget();
    let mut found = Vec::new();
    for payload in payloads {
        match &payload.contents {
            Contents::Text(_) => {}
            Contents::Host(host) => found.push(payload::list(host, &mut budget)?),
            Contents::VirtioWin(file) => {
                let iso = virtio_win.with_context(|| format!("`{file}` is on virtio-win's ISO"))?;
                let bytes = virtio_win::file(iso, file)?;
                found.push([(String::new(), Source::Bytes(bytes))].into());
            }
        }
    }
    Ok(found)
}

/// The files of the user's own folders of drivers.
fn own_drivers(folders: &[String]) -> anyhow::Result<Vec<virtio_win::Files>> {
    let mut budget = driver_folder::budget();
    let folders = folders.iter().enumerate().map(|(index, folder)| {
        let name = driver_folder::name(index);
        driver_folder::read(Utf8Path::new(folder), &name, &mut budget)
    });
    folders.collect()
}

fn no_virtio_win(planned: &Planned) -> Problem {
    let names = planned.plan.drivers.iter().map(|driver| &*driver.name);
    let names = names.collect::<Vec<_>>().join("`, `");
    Problem::new(
        "virtioWinIso",
        format!("no virtio-win ISO is given, and the drivers `{names}` are needed"),
    )
    .hint("name one, or choose `disk.bus = \"nvme\"` or `\"sata\"`, which Windows knows by itself")
}

fn read_guest(path: &Utf8Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read the guest program `{path}`");
    let mut bytes = Vec::new();
    regular::open(path)
        .and_then(|file| file.take(GUEST_BYTES_MAX + 1).read_to_end(&mut bytes))
        .with_context(cannot)?;
    ensure!(
        bytes.len() as u64 <= GUEST_BYTES_MAX,
        "`{path}` has more than {GUEST_BYTES_MAX} bytes: it is not the guest program"
    );
    ensure!(
        bytes.starts_with(b"MZ"),
        "`{path}` is no Windows program: it is not the guest program"
    );
    Ok(bytes)
}

#[cfg(test)]
mod tests;
