//! Rules of the disks.

use camino::Utf8PathBuf;
use serde::Serialize;

use super::{Rules, letter};
use crate::problem::{Problem, operand};

/// As large as NTFS with its usual clusters and the largest disk of an image.
const GIB_MAX: u64 = 65536;
/// NTFS has no longer labels.
const LABEL_MAX: usize = 32;
const LABEL_FORBIDDEN: &str = "\"/\\[]:|<>+=;,?*";

/// The disk that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataDisk {
    pub bytes: u64,
    /// Its file, where that is not in the state folder.
    pub path: Option<Utf8PathBuf>,
    pub letter: char,
    pub label: String,
}

/// What the guest may write to the system disk, in bytes.
pub(super) fn system(rules: &mut Rules<'_>) -> Option<u64> {
    let said = rules.spec.system_disk.as_ref()?.max_size_gib?;
    let hint = "Windows writes a few GiB at each start: 32 are right for most";
    Some(gib(rules, "systemDisk.maxSizeGib", said, hint))
}

pub(super) fn data(rules: &mut Rules<'_>) -> Option<DataDisk> {
    let said = rules.spec.data_disk.as_ref()?;
    if let Some(path) = &said.path {
        rules.absolute("dataDisk.path", path);
        own_folder(rules, path);
    }
    let letter = letter(said.letter.as_deref().unwrap_or("D"));
    let letter = letter.unwrap_or_else(|what| {
        rules.problem("dataDisk.letter", what, "`D` is right for most");
        'D'
    });
    let label = said.label.clone().unwrap_or_else(|| "Data".to_owned());
    rules.findings.text("dataDisk.label", &label, LABEL_MAX);
    if let Some(bad) = label.chars().find(|c| LABEL_FORBIDDEN.contains(*c)) {
        let what = format!("has {}, which no label can have", operand(&bad.to_string()));
        let hint = "letters, digits, spaces and `-._` make a label";
        rules
            .findings
            .problem(Problem::new("dataDisk.label", what).hint(hint));
    }
    let hint = "it is in GiB; the file on the host grows only as it is written to";
    Some(DataDisk {
        bytes: gib(rules, "dataDisk.sizeGib", said.size_gib, hint),
        path: said.path.clone().map(Into::into),
        letter,
        label,
    })
}

/// The folder of the disk is given to the machine.
fn own_folder(rules: &mut Rules<'_>, path: &str) {
    let at = "dataDisk.path";
    let hint = "name a file of a folder that holds nothing else, such as \
                `/srv/lucarne/office/data.qcow2`";
    if rules.bindable(at, path, hint) && path.rfind('/') == Some(0) {
        let what = format!(
            "{} lies in `/`, which can be no machine's own",
            operand(path)
        );
        rules.problem(at, what, hint);
    }
}

fn gib(rules: &mut Rules<'_>, at: &str, gib: u64, hint: &str) -> u64 {
    if !(1..=GIB_MAX).contains(&gib) {
        let what = format!("{gib} GiB is not from 1 to {GIB_MAX} GiB");
        rules.problem(at, what, hint);
    }
    gib.saturating_mul(1 << 30)
}
