//! Makes the files of a machine that is about to start.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use anyhow::Context as _;
use camino::Utf8Path;

use super::work::{list, remove};
use super::{InstallInputs, Job, Layer, Work};
use crate::exec::Command;
use crate::failure::Failure;
use crate::inputs::Planned;
use crate::machine::{Medium, files};
use crate::plan::Firmware;
use crate::regular;
use crate::secure_boot::Variables;
use crate::windows_iso::boot;

/// The answer ISO's name in the machine's folder.
const ANSWER: &str = "answer.iso";
/// The Windows ISO's, or its overlay's.
const OVERLAY: &str = "boot.qcow2";
const WINDOWS: &str = "windows.iso";
/// QEMU's flash holds no more (`max-fw-size`, 8 MiB), and OVMF has half of that.
const FIRMWARE_BYTES_MAX: u64 = 64 << 20;

impl Work {
    /// The media of an install.
    pub(super) fn cds(firmware: Firmware) -> [Medium; 2] {
        let windows = match firmware {
            Firmware::Uefi { .. } => Medium::qcow2(OVERLAY),
            Firmware::Bios => Medium::raw(WINDOWS),
        };
        [windows, Self::answer()]
    }

    pub(super) fn answer() -> Medium {
        Medium::raw(ANSWER)
    }

    /// Makes the machine's files afresh. The answer is whether the CD will ask for a key.
    pub(super) fn prepare(&self, inputs: &InstallInputs<'_>) -> Result<bool, Failure> {
        for entry in list(self.machine_folder())? {
            remove(&entry)?;
        }
        let prompts = match inputs.job {
            Job::Install(planned) => self.prepare_install(inputs, planned)?,
            Job::Layer(layer) => {
                self.prepare_layer(inputs, layer)?;
                false
            }
        };
        let here = |name: &str| self.machine_folder().join(name);
        link(inputs.answer_iso, &here(ANSWER))?;
        Ok(prompts)
    }

    fn prepare_install(
        &self,
        inputs: &InstallInputs<'_>,
        planned: &Planned,
    ) -> Result<bool, Failure> {
        let (plan, tools) = (&planned.plan, inputs.tools);
        let (iso, _) = planned
            .windows
            .as_ref()
            .context("no Windows ISO was read")?;
        let at = |name: &str| self.machine_folder().join(name);
        let prompts = match plan.firmware {
            Firmware::Uefi { secure_boot } => {
                let vars = if secure_boot {
                    &tools.vars_ms
                } else {
                    &tools.vars
                };
                copy(&tools.code, &at(files::CODE))?;
                copy(vars, &at(files::VARS))?;
                let keys = secure_boot.then(|| Variables::read(vars)).transpose()?;
                boot::overlay(iso, keys.as_ref(), tools, self.machine_folder())?.prompts
            }
            // With a BIOS an empty disk means that nobody is asked for a key.
            Firmware::Bios => {
                link(iso, &at(WINDOWS))?;
                false
            }
        };
        let disk = self.disk();
        File::create(&disk)
            .and_then(|file| file.set_len(plan.disk.size_mib << 20))
            .with_context(|| format!("cannot make `{disk}`"))?;
        Ok(prompts)
    }

    /// An overlay over the base's disk, and the firmware that is the base's pair.
    fn prepare_layer(&self, inputs: &InstallInputs<'_>, layer: &Layer) -> anyhow::Result<()> {
        if let Some((code, vars)) = layer.base.firmware() {
            copy(&code, &self.machine_folder().join(files::CODE))?;
            copy(&vars, &self.machine_folder().join(files::VARS))?;
        }
        let (below, disk) = (layer.base.disk(), self.overlay());
        Command::new(&inputs.tools.qemu_img)
            .args(["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"])
            .args([below.as_str(), disk.as_str()])
            .run()?;
        Ok(())
    }
}

/// Copies the bytes of firmware, not their mode: what lies in a store is read-only.
fn copy(from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
    let copied = regular::read(from, FIRMWARE_BYTES_MAX).and_then(|bytes| fs::write(to, bytes));
    copied.with_context(|| format!("cannot copy `{from}` to `{to}`"))
}

fn link(to: &Utf8Path, name: &Utf8Path) -> anyhow::Result<()> {
    let to = camino::absolute_utf8(to).context("no current folder")?;
    symlink(&to, name).with_context(|| format!("cannot make `{name}`"))
}
