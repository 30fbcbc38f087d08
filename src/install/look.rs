//! Pictures of the guest's screen. They never stand in the way of a verdict.

use std::fs::{self, File};
use std::io::BufReader;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tokio::time::timeout;

use super::Work;
use super::evidence::{Picture, Screen};
use crate::qemu::Qmp;

/// QEMU draws a screen in milliseconds, unless it hangs.
const DEADLINE: Duration = Duration::from_secs(10);
/// Where QEMU puts them, in its own folder: a half picture is not evidence.
const PPM: &str = "look.ppm";
const PNG: &str = "look.png";

/// Takes a picture of the screen under a name without an ending.
pub(super) async fn picture(qmp: &mut Qmp, work: &Work, name: &str) -> Result<Picture, String> {
    let taken = timeout(DEADLINE, take(qmp, work, name)).await;
    match taken {
        Ok(taken) => taken.map_err(|error| format!("{error:#}")),
        Err(_) => Err(format!("QEMU gave none within {} s", DEADLINE.as_secs())),
    }
}

/// A PPM is for reading, a PNG for people. A QEMU that was built without PNG leaves the other.
async fn take(qmp: &mut Qmp, work: &Work, name: &str) -> anyhow::Result<Picture> {
    let here = |name: &str| work.machine_folder().join(name);
    qmp.execute("screendump", json!({ "filename": PPM }))
        .await?;
    let ppm = File::open(here(PPM)).context("QEMU left no picture")?;
    let screen = Screen::read(&mut BufReader::new(ppm))?;
    let arguments = json!({ "filename": PNG, "format": "png" });
    let (taken, ending) = match qmp.execute("screendump", arguments).await {
        Ok(_) => (PNG, "png"),
        Err(_) => (PPM, "ppm"),
    };
    let file = format!("{name}.{ending}");
    fs::rename(here(taken), work.folder().join(&file)).context("cannot keep the picture")?;
    Ok(Picture { file, screen })
}
