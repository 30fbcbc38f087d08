//! Whether a manifest is one of an image that was made here: it may come from a stranger, and what
//! it says goes into the texts for engines, into paths and into the sizes of disks.

use anyhow::ensure;

use crate::manifest::Manifest;
use crate::plan::{CORES_MAX, DISK_MIB_MAX, MEMORY_MIB_MAX, wrong_image_name};
use crate::problem::{Problem, operand};
use crate::time;

/// A machine type of QEMU's has a dozen characters.
const TYPE_MAX: usize = 64;
/// What disks are made of.
const SECTOR: u64 = 512;

/// Fails with everything that no image says. Texts that are anybody's, such as an edition's name,
/// are not looked at: each format has a way to quote them.
pub(super) fn check(image: &Manifest) -> anyhow::Result<()> {
    let Manifest { machine, disk, .. } = image;
    let mut wrong = Vec::new();
    let mut add = |at: &str, what: Option<String>| {
        wrong.extend(what.map(|what| Problem::new(at, what)));
    };
    add("name", wrong_image_name(&image.name));
    add("machine.identity", wrong_image_name(&machine.identity));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_type = (1..=TYPE_MAX).contains(&machine.kind.len()) && machine.kind.chars().all(plain);
    let what = (!is_type).then(|| format!("{} is no machine of QEMU's", operand(&machine.kind)));
    add("machine.type", what);
    let cores = machine.min_cores;
    add("machine.minCores", outside(cores.into(), CORES_MAX.into()));
    let memory = outside(machine.min_memory_mib, MEMORY_MIB_MAX);
    add("machine.minMemoryMib", memory);
    let bytes = disk.virtual_bytes;
    let odd = || (bytes % SECTOR != 0).then(|| format!("{bytes} is no number of sectors"));
    let size = outside(bytes, DISK_MIB_MAX << 20).or_else(odd);
    add("disk.virtualBytes", size);
    let untimed = time::parse(&image.sealed_at).is_none();
    let what = untimed.then(|| format!("{} is no time", operand(&image.sealed_at)));
    add("sealedAt", what);
    wrong.sort();
    let lines: Vec<_> = wrong
        .iter()
        .map(|problem| format!("\n  {problem}"))
        .collect();
    ensure!(
        lines.is_empty(),
        "the image's manifest says what no image does:{}\n\nhint: name the folder of an image \
         that lucarne made, or build it again",
        lines.concat()
    );
    Ok(())
}

fn outside(number: u64, most: u64) -> Option<String> {
    (!(1..=most).contains(&number)).then(|| format!("{number} is not from 1 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::example;

    #[test]
    fn all_that_no_image_says_is_told_at_once() {
        check(&example()).expect("is one");
        let mut image = example();
        image.name = "../../etc/a\n".into();
        image.machine.identity = String::new();
        image.machine.kind = "pc\u{1}\"".into();
        image.machine.min_cores = 0;
        image.machine.min_memory_mib = u64::MAX;
        image.disk.virtual_bytes = 513;
        image.sealed_at = "now".into();
        let told = check(&image).expect_err("is none").to_string();
        expect_test::expect![[r#"
            the image's manifest says what no image does:
              disk.virtualBytes: 513 is no number of sectors
              machine.identity: is empty
              machine.minCores: 0 is not from 1 to 255
              machine.minMemoryMib: 18446744073709551615 is not from 1 to 1048576
              machine.type: `pc\u{1}"` is no machine of QEMU's
              name: `../../etc/a\n` begins with a period
              sealedAt: `now` is no time

            hint: name the folder of an image that lucarne made, or build it again"#]]
        .assert_eq(&told);
        image.disk.virtual_bytes = u64::MAX - 511;
        let told = check(&image).expect_err("is none").to_string();
        assert!(
            told.contains("disk.virtualBytes: 18446744073709551104 is not from"),
            "{told}"
        );
    }
}
