//! A plan for people: what `lucarne check` prints.

use std::fmt;

use lucarne_protocol::step::{Phase, Steps};

use crate::plan::{Driver, Firmware, LayerPlan, Partition, Plan, Role};
use crate::spec::Accel;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |word: &str, value: String| writeln!(f, "{word:<10} {value}");
        line("name", self.name.clone())?;
        line("image", self.image_line())?;
        line("key", self.key_line().to_owned())?;
        line("firmware", self.firmware_line())?;
        line("disk", self.disk_line())?;
        let machine = &self.machine;
        let accel = accel(self.install.accel);
        let (cores, memory) = (machine.cores, machine.memory_mib);
        line("machine", format!("{cores} cores, {memory} MiB, {accel}"))?;
        line("drivers", joined(self.drivers.iter().map(driver)))?;
        if !self.driver_folders.is_empty() {
            line("folders", joined(self.driver_folders.iter().cloned()))?;
        }
        line("steps", steps_line(&self.steps))?;
        let locale = &self.locale;
        let (ui, zone) = (&locale.ui, &self.time_zone);
        line("language", format!("{ui}, keyboard {}", locale.input))?;
        let asked = zone.asked.iter().map(|asked| format!(" for {asked}"));
        line("time zone", zone.name.clone() + &asked.collect::<String>())?;
        let computer = self.computer_name.as_deref();
        line(
            "computer",
            computer.unwrap_or("named by Windows").to_owned(),
        )?;
        let accounts = self.accounts.iter().map(|account| account.name.clone());
        line("accounts", joined(accounts))
    }
}

impl fmt::Display for LayerPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |word: &str, value: String| writeln!(f, "{word:<10} {value}");
        line("layer", self.name.clone())?;
        let machine = &self.machine;
        let cores = machine.cores.map(|cores| format!("{cores} cores"));
        let memory = machine.memory_mib.map(|memory| format!("{memory} MiB"));
        let cpu = machine.cpu.clone();
        let parts: Vec<_> = [cores, memory, cpu].into_iter().flatten().collect();
        let said = if parts.is_empty() {
            "as the base's".to_owned()
        } else {
            parts.join(", ")
        };
        line("machine", format!("{said}, {}", accel(self.install.accel)))?;
        line("steps", steps_line(&self.steps))
    }
}

fn accel(accel: Accel) -> &'static str {
    match accel {
        Accel::Kvm => "KVM",
        Accel::Tcg => "TCG",
        Accel::Auto => "KVM or TCG",
    }
}

fn steps_line(steps: &Steps) -> String {
    let phases = [
        (Phase::Specialize, "specialize"),
        (Phase::Session, "session"),
        (Phase::System, "system"),
        (Phase::Boot, "each start"),
    ];
    let counted = phases.into_iter().filter_map(|(phase, name)| {
        let of_phase = steps.steps.iter().filter(|step| step.phase == phase);
        let count = of_phase.count();
        (count > 0).then(|| format!("{count} {name}"))
    });
    joined(counted)
}

impl Plan {
    fn image_line(&self) -> String {
        let image = &self.image;
        let (major, minor, build) = image.version;
        match (image.index, build) {
            (0, _) => format!("{} (no ISO was read)", image.name),
            (index, 0) => format!("index {index} (no ISO was read)"),
            (index, _) => format!("{index}: {}, {major}.{minor}.{build}", image.name),
        }
    }

    /// Never the key itself.
    fn key_line(&self) -> &'static str {
        match (&self.product_key, &self.setup_key) {
            (Some(_), _) => "yours",
            (None, Some(_)) => "one that only chooses the edition",
            (None, None) => "none",
        }
    }

    fn firmware_line(&self) -> String {
        let firmware = match self.firmware {
            Firmware::Uefi { secure_boot: true } => "UEFI with Secure Boot",
            Firmware::Uefi { secure_boot: false } => "UEFI",
            Firmware::Bios => "BIOS",
        };
        let tpm = if self.tpm { ", TPM 2.0" } else { "" };
        format!("{firmware}{tpm}")
    }

    fn disk_line(&self) -> String {
        let bus = self.disk.bus.as_str();
        let partitions = joined(self.disk.partitions.iter().map(partition));
        format!("{} MiB on {bus}: {partitions}", self.disk.size_mib)
    }
}

fn partition(partition: &Partition) -> String {
    let role = match partition.role {
        Role::Efi => "EFI",
        Role::Msr => "MSR",
        Role::System => "System",
        Role::Windows => "Windows",
        Role::Recovery => "Recovery",
        Role::Data => "Data",
    };
    match partition.size_mib {
        Some(size) => format!("{role} {size}"),
        None => format!("{role} the rest"),
    }
}

fn driver(driver: &Driver) -> String {
    driver.folder.clone().unwrap_or_else(|| driver.name.clone())
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() {
        return "none".to_owned();
    }
    parts.join(", ")
}
