//! What a machine is run for: Windows Setup, or a layer's steps. Everything around it is the same.

use anyhow::ensure;

use crate::disk::{RawDisk, Source};
use crate::failure::Failure;
use crate::guest::{Course, Limits};
use crate::inputs::Planned;
use crate::install::Work;
use crate::layer::Image;
use crate::machine::{Accel, Facts, Machine, TYPE};
use crate::plan::{Firmware, Install, LayerPlan};
use crate::problem::{Problem, Problems};
use crate::qemu::Served;
use crate::spec::FirmwareKind;
use crate::time;
use crate::tools::Tools;

/// What a machine is run for.
#[derive(Clone, Copy, Debug)]
pub enum Job<'a> {
    /// Windows Setup, from a Windows ISO to a disk.
    Install(&'a Planned),
    /// More steps on an image.
    Layer(&'a Layer),
}

/// A layer's plan on its base, which is whole.
#[derive(Clone, Debug)]
pub struct Layer {
    pub plan: LayerPlan,
    pub base: Image,
    /// What the guest's clock starts at; `None` is the host's.
    clock: Option<String>,
}

impl Layer {
    /// Looks at the base, all of it, and at what the plan asks of it.
    pub fn new(plan: LayerPlan, base: Image, tools: &Tools) -> Result<Self, Failure> {
        // Told before gigabytes are read.
        base.as_base()?;
        ensure_type(&base.manifest.machine.kind)?;
        base.verify(&tools.qemu_img)?;
        let clock = clock(&plan, &base)?;
        least(&plan, &base).map_err(Failure::LayerSpec)?;
        Ok(Self { plan, base, clock })
    }

    /// The firmware that the base was installed with.
    #[must_use]
    pub fn firmware(&self) -> Firmware {
        let firmware = &self.base.manifest.firmware;
        match firmware.kind {
            FirmwareKind::Uefi => Firmware::Uefi {
                secure_boot: firmware.secure_boot,
            },
            FirmwareKind::Bios => Firmware::Bios,
        }
    }

    pub(super) fn memory_mib(&self) -> u64 {
        let least = self.base.manifest.machine.min_memory_mib;
        self.plan.machine.memory_mib.unwrap_or(least)
    }
}

/// A Windows is not started on less than it was installed on.
fn least(plan: &LayerPlan, base: &Image) -> Result<(), Problems> {
    let (said, base) = (&plan.machine, &base.manifest.machine);
    let cores = (said.cores.map(u64::from), u64::from(base.min_cores), "");
    let memory = (said.memory_mib, base.min_memory_mib, " MiB");
    let mut problems = Vec::new();
    for (option, (said, least, unit)) in [("cores", cores), ("memoryMib", memory)] {
        if let Some(said) = said.filter(|said| *said < least) {
            let what = format!("{said}{unit} is less than the {least}{unit} of the base");
            let hint = "leave it out for as much as the base was installed with";
            problems.push(Problem::new(format!("machine.{option}"), what).hint(hint));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}

/// To Windows another type is another machine.
fn ensure_type(kind: &str) -> anyhow::Result<()> {
    ensure!(
        kind == TYPE,
        "the base was installed on a machine of type `{kind}`, and this version makes `{TYPE}`\
         \n\nhint: build the base again with this version, or the layer with the base's"
    );
    Ok(())
}

/// To Windows the time goes forward: certificates, and files that are newer than now, are judged by
/// it.
fn clock(plan: &LayerPlan, base: &Image) -> Result<Option<String>, Failure> {
    let sealed_at = &base.manifest.sealed_at;
    let Some(asked) = &plan.install.clock else {
        return Ok(time::not_before(sealed_at));
    };
    // Both have the one form that is written here, which sorts as the times do.
    if asked < sealed_at {
        let what = format!("`{asked}` is before the base was sealed, at `{sealed_at}`");
        let hint = "leave it out for the host's clock";
        let problem = Problem::new("install.clock", what).hint(hint);
        return Err(Failure::LayerSpec(Problems(vec![problem])));
    }
    Ok(Some(asked.clone()))
}

impl<'a> Job<'a> {
    /// How it runs.
    pub(super) fn install(&self) -> &'a Install {
        match self {
            Self::Install(planned) => &planned.plan.install,
            Self::Layer(layer) => &layer.plan.install,
        }
    }

    pub(super) fn firmware(&self) -> Firmware {
        match self {
            Self::Install(planned) => planned.plan.firmware,
            Self::Layer(layer) => layer.firmware(),
        }
    }

    pub(super) fn tpm(&self) -> bool {
        match self {
            Self::Install(planned) => planned.plan.tpm,
            Self::Layer(layer) => layer.base.manifest.machine.tpm,
        }
    }

    /// QEMU's CPU model, where one was asked for.
    pub(super) fn cpu(&self) -> Option<&'a str> {
        match self {
            Self::Install(planned) => planned.plan.machine.cpu.as_deref(),
            Self::Layer(layer) => layer.plan.machine.cpu.as_deref(),
        }
    }

    /// How much Windows there is, in bytes.
    pub(super) fn windows_bytes(&self) -> u64 {
        match self {
            Self::Install(planned) => planned.plan.image.total_bytes,
            Self::Layer(layer) => layer.base.manifest.windows.contents.used_bytes,
        }
    }

    pub(super) fn course(&self, limits: Limits, accel: Accel) -> Course {
        match self {
            Self::Install(planned) => Course::new(limits, accel, planned.plan.disk.bus),
            Self::Layer(layer) => {
                Course::new(limits, accel, layer.base.manifest.disk.bus).of_layer()
            }
        }
    }

    pub(super) fn machine(&self, accel: Accel, facts: &Facts) -> Machine {
        match self {
            Self::Install(planned) => {
                let cds = Work::cds(planned.plan.firmware);
                Machine::install(&planned.plan, accel, facts, cds)
            }
            Self::Layer(layer) => {
                let manifest = &layer.base.manifest;
                let clock = layer.clock.clone();
                Machine::layer(&layer.plan, manifest, accel, facts, Work::answer(), clock)
            }
        }
    }

    /// The disk of a machine that has ended.
    pub(super) fn disk(&self, work: &Work, tools: &Tools) -> anyhow::Result<Box<dyn Source>> {
        Ok(match self {
            Self::Install(_) => Box::new(RawDisk::open(&work.disk())?),
            Self::Layer(_) => {
                let folder = work.machine_folder();
                Box::new(Served::read(tools, &work.overlay(), folder, "left")?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::tests::{here, image};
    use crate::manifest::Manifest;
    use crate::{plan, spec};

    /// A plan, and a base that it is to go on.
    fn layer(said: &str, change: impl FnOnce(&mut Manifest)) -> (LayerPlan, Image) {
        let spec = format!(
            r#"{{"schema":"lucarne.layer/1","name":"a","steps":[{{"reboot":true}}]{said}}}"#
        );
        let shaped = spec::shape_layer(spec.as_bytes()).expect("an object");
        let plan = plan::layer(&shaped).expect("nothing is wrong with it");
        let (_keep, here) = here();
        image(&here, change);
        (plan, Image::open(&here).expect("an image"))
    }

    #[test]
    fn another_machine_type_is_another_machine() {
        ensure_type(TYPE).expect("is ours");
        let said = ensure_type("pc-q35-99.0").expect_err("is another");
        assert!(said.to_string().contains("`pc-q35-99.0`"), "{said}");
    }

    #[test]
    fn the_clock_never_goes_back() {
        let at = |said: &str, sealed_at: &str| {
            let (plan, base) = layer(said, |base| sealed_at.clone_into(&mut base.sealed_at));
            clock(&plan, &base).map_err(|failure| failure.to_string())
        };
        assert_eq!(
            at("", "2026-01-01T00:00:00Z"),
            Ok(None),
            "the host's will do"
        );
        let later = "2099-01-01T00:00:00Z";
        assert_eq!(
            at("", later),
            Ok(Some(later.into())),
            "the host's is behind"
        );
        let asked = r#","install":{"clock":"2030-01-01T00:00:00Z"}"#;
        let wanted = Ok(Some("2030-01-01T00:00:00Z".into()));
        assert_eq!(at(asked, "2026-01-01T00:00:00Z"), wanted);
        let said = at(asked, later).expect_err("is before it");
        assert!(
            said.starts_with("install.clock: `2030-01-01T00:00:00Z` is before"),
            "{said}"
        );
    }

    #[test]
    fn a_machine_has_at_least_what_the_base_had() {
        let (plan, base) = layer("", |_| {});
        let machine = |plan: &LayerPlan| least(plan, &base);
        machine(&plan).expect("as the base");
        let (plan, _) = layer(r#","machine":{"cores":8,"memoryMib":9000}"#, |_| {});
        machine(&plan).expect("more than the base");
        let (plan, _) = layer(r#","machine":{"cores":1,"memoryMib":2048}"#, |_| {});
        let said = machine(&plan).expect_err("is less").to_string();
        assert!(
            said.contains("machine.cores: 1 is less than the 4 of the base"),
            "{said}"
        );
        assert!(
            said.contains("machine.memoryMib: 2048 MiB is less than the 4096 MiB"),
            "{said}"
        );
    }
}
