//! Snapshots of the data disk, inside its qcow2 file: of one that runs through QMP, of one that
//! does not through `qemu-img`.
//!
//! A snapshot of a running machine holds what had reached the disk, as a power cut would leave it.
//! Going back to one is for a machine that does not run: Windows would go on with what it
//! remembers of the disk.

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::exec::Command;
use crate::guest::escape;
use crate::machine::ids;
use crate::qemu::Qmp;
use crate::time::rfc3339;

/// Each has a table of its own in the file, which is read whenever it is opened.
const SNAPSHOTS_MAX: usize = 256;

/// The schema that this version writes.
pub const SCHEMA: &str = "lucarne.disk/1";

/// The data disk, as QEMU sees it. A machine of an earlier version tells it without its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Disk {
    /// Always `lucarne.disk/1`.
    #[serde(default = "own_schema")]
    pub schema: String,
    /// Its file.
    pub file: String,
    /// What Windows sees, in bytes.
    pub virtual_bytes: u64,
    /// What it takes on the host, in bytes.
    pub actual_bytes: u64,
    /// In the order in which they were taken.
    pub snapshots: Vec<Snapshot>,
}

/// One snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Snapshot {
    pub name: String,
    /// When it was taken, as RFC 3339.
    pub taken: String,
}

fn own_schema() -> String {
    SCHEMA.to_owned()
}

/// Takes a snapshot of a running machine's data disk.
pub async fn take(qmp: &mut Qmp, name: &str) -> anyhow::Result<()> {
    is_free(&look(qmp).await?, name)?;
    let arguments = json!({ "device": ids::DATA, "name": name });
    qmp.execute("blockdev-snapshot-internal-sync", arguments)
        .await
        .map(drop)
}

/// Forgets a snapshot of a running machine's data disk.
pub async fn delete(qmp: &mut Qmp, name: &str) -> anyhow::Result<()> {
    is_there(&look(qmp).await?, name)?;
    let arguments = json!({ "device": ids::DATA, "name": name });
    qmp.execute("blockdev-snapshot-delete-internal-sync", arguments)
        .await
        .map(drop)
}

/// Looks at a running machine's data disk.
pub async fn look(qmp: &mut Qmp) -> anyhow::Result<Disk> {
    let arguments = json!({ "flat": true });
    let nodes = qmp.execute("query-named-block-nodes", arguments).await?;
    let mut nodes = nodes.as_array().into_iter().flatten();
    let node = nodes.find(|node| node["node-name"] == ids::DATA);
    read(&node.context("the machine has no data disk")?["image"])
}

/// Takes a snapshot of a disk that no machine uses.
pub fn take_offline(qemu_img: &Utf8Path, disk: &Utf8Path, name: &str) -> anyhow::Result<()> {
    // `qemu-img` would make a second one of the name.
    is_free(&look_offline(qemu_img, disk)?, name)?;
    change(qemu_img, disk, "-c", name)
}

/// Forgets a snapshot of such a disk.
pub fn delete_offline(qemu_img: &Utf8Path, disk: &Utf8Path, name: &str) -> anyhow::Result<()> {
    is_there(&look_offline(qemu_img, disk)?, name)?;
    change(qemu_img, disk, "-d", name)
}

/// Takes such a disk back to a snapshot. What was written since is lost.
pub fn restore(qemu_img: &Utf8Path, disk: &Utf8Path, name: &str) -> anyhow::Result<()> {
    is_there(&look_offline(qemu_img, disk)?, name)?;
    change(qemu_img, disk, "-a", name)
}

/// Looks at a disk, which may be in use.
pub fn look_offline(qemu_img: &Utf8Path, disk: &Utf8Path) -> anyhow::Result<Disk> {
    // Never by what its bytes look like, for they are a guest's.
    let command = Command::new(qemu_img)
        .args(["info", "--force-share", "--output=json", "-f", "qcow2"])
        .arg(disk.as_str());
    let told = command.run()?.stdout;
    read(&serde_json::from_slice(&told).context("`qemu-img info` wrote no JSON")?)
}

fn change(qemu_img: &Utf8Path, disk: &Utf8Path, how: &str, name: &str) -> anyhow::Result<()> {
    // A disk may have to write as many counts as it has clusters.
    let patience = std::time::Duration::from_secs(600);
    let disk = disk.as_str().replace(',', ",,");
    let command = Command::new(qemu_img)
        .args(["snapshot", how, name, "--image-opts"])
        .arg(format!(
            "driver=qcow2,file.driver=file,file.filename={disk}"
        ))
        .deadline(patience);
    command.run().map(drop)
}

fn is_free(disk: &Disk, name: &str) -> anyhow::Result<()> {
    let taken = disk.snapshots.iter().find(|one| one.name == name);
    if let Some(taken) = taken {
        let when = &taken.taken;
        bail!("there is a snapshot `{name}` of {when}\n\nhint: name another, or delete that one");
    }
    let count = disk.snapshots.len();
    ensure!(
        count < SNAPSHOTS_MAX,
        "the disk has {count} snapshots, as many as there may be\n\nhint: delete one"
    );
    Ok(())
}

fn is_there(disk: &Disk, name: &str) -> anyhow::Result<()> {
    let names: Vec<_> = disk.snapshots.iter().map(|one| one.name.as_str()).collect();
    ensure!(
        names.contains(&name),
        "there is no snapshot `{name}`\n\nhint: {}",
        match names.as_slice() {
            [] => "the disk has none".to_owned(),
            names => format!("the disk has {}", names.join(", ")),
        }
    );
    Ok(())
}

/// What QEMU and `qemu-img` tell of an image alike.
fn read(image: &Value) -> anyhow::Result<Disk> {
    let number = |name: &str| {
        let number = image[name].as_u64();
        number.with_context(|| format!("QEMU does not tell the disk's `{name}`"))
    };
    let snapshots = image["snapshots"].as_array().into_iter().flatten();
    Ok(Disk {
        schema: own_schema(),
        file: image["filename"].as_str().unwrap_or_default().to_owned(),
        virtual_bytes: number("virtual-size")?,
        actual_bytes: number("actual-size")?,
        snapshots: snapshots
            .map(|one| Snapshot {
                name: escape(one["name"].as_str().unwrap_or_default()),
                taken: rfc3339(one["date-sec"].as_u64().unwrap_or_default()),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_qemu_tells_of_a_disk_is_read() {
        let told = json!({
            "filename": "data.qcow2", "virtual-size": 1_073_741_824_u64, "actual-size": 200_704,
            "snapshots": [
                { "id": "1", "name": "clean", "date-sec": 1_767_323_045, "date-nsec": 0 },
                { "id": "2", "name": "a\u{1b}[2Jb", "date-sec": -5 }
            ]
        });
        let disk = read(&told).expect("whole");
        assert_eq!(disk.virtual_bytes, 1 << 30);
        let names: Vec<_> = disk.snapshots.iter().map(|one| &one.name).collect();
        assert_eq!(names, ["clean", "ab"]);
        assert_eq!(disk.snapshots[0].taken, "2026-01-02T03:04:05Z");
        let error = read(&json!({ "virtual-size": 1 })).expect_err("half");
        assert_eq!(
            error.to_string(),
            "QEMU does not tell the disk's `actual-size`"
        );
    }
}
