//! What firmware says it boots: the one witness of the early phases that needs no guest.

use crate::machine::ids;

/// A line of the firmware's about booting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Boot {
    /// It starts this entry.
    Starting(Source),
    /// It could not load or start one, with its reason.
    Failed(Source, String),
    /// It has nothing left to try.
    Nothing,
}

/// Where an entry lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Cd,
    Disk,
    /// Neither, such as the firmware's own menu.
    Other(String),
}

impl Boot {
    /// Reads OVMF's (`BdsDxe: …`) and `SeaBIOS`'s (`Booting from …`) words, anywhere in a line:
    /// terminal sequences precede them.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        if let Some((_, words)) = line.split_once("BdsDxe: ") {
            return Self::ovmf(words.trim_end());
        }
        if line.contains("Booting from DVD/CD...") {
            return Some(Self::Starting(Source::Cd));
        }
        if line.contains("Booting from Hard Disk...") {
            return Some(Self::Starting(Source::Disk));
        }
        line.contains("No bootable device.")
            .then_some(Self::Nothing)
    }

    /// `starting Boot0002 "UEFI QEMU DVD-ROM QM00001 " from PciRoot(0x0)/…`
    /// `failed to load Boot0001 "UEFI QEMU HARDDISK" from PciRoot(0x0)/…: Not Found`
    fn ovmf(words: &str) -> Option<Self> {
        if words.starts_with("No bootable option or device was found") {
            return Some(Self::Nothing);
        }
        if let Some(entry) = words.strip_prefix("starting Boot") {
            return Some(Self::Starting(Source::read(entry)?));
        }
        let entry = (words.strip_prefix("failed to load Boot"))
            .or_else(|| words.strip_prefix("failed to start Boot"))?;
        let (entry, reason) = entry.rsplit_once(": ")?;
        Some(Self::Failed(Source::read(entry)?, reason.to_owned()))
    }
}

/// Whether a reason is Secure Boot's: the program is not signed for the firmware's keys. Nothing
/// else that is tried afterwards will do.
pub(super) fn is_denial(reason: &str) -> bool {
    ["Access Denied", "Security Violation"]
        .iter()
        .any(|words| reason.contains(words))
}

impl Source {
    fn read(entry: &str) -> Option<Self> {
        // The description comes from the disk's own strings, so the path is what counts.
        let (name, path) = entry.rsplit_once("\" from ")?;
        if let Some(port) = path.strip_prefix(ids::CD_PLACE) {
            let is_cd = (ids::CD_PORTS.iter()).any(|p| port.starts_with(&format!("0x{p:X},")));
            return Some(if is_cd { Self::Cd } else { Self::Disk });
        }
        if path.starts_with("HD(") || path.starts_with("PciRoot(") {
            return Some(Self::Disk);
        }
        let name = name.split_once('"').map_or(name, |(_, name)| name);
        Some(Self::Other(name.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ovmf_says_where_an_entry_lies() {
        let cd = "\u{1b}[2J\u{1b}[01;01HBdsDxe: starting Boot0002 \"UEFI QEMU DVD-ROM QM00001 \" \
                  from PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)";
        assert_eq!(Boot::read(cd), Some(Boot::Starting(Source::Cd)));
        let manager = "BdsDxe: starting Boot0004 \"Windows Boot Manager\" from \
                       HD(1,GPT,0E4C51AF-3B7A-4E1F-9D0F-0F1D5B1F3C22,0x800,0x32000)/\
                       \\EFI\\Microsoft\\Boot\\bootmgfw.efi\r";
        assert_eq!(Boot::read(manager), Some(Boot::Starting(Source::Disk)));
        let sata = "BdsDxe: starting Boot0001 \"UEFI QEMU HARDDISK QM00005 \" from \
                    PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x2,0xFFFF,0x0)";
        assert_eq!(Boot::read(sata), Some(Boot::Starting(Source::Disk)));
        let menu = "BdsDxe: starting Boot0000 \"UiApp\" from Fv(7CB8BDC9)/FvFile(462CAA21)";
        assert_eq!(
            Boot::read(menu),
            Some(Boot::Starting(Source::Other("UiApp".into())))
        );
    }

    #[test]
    fn ovmf_says_why_an_entry_failed() {
        let empty = "BdsDxe: failed to load Boot0001 \"UEFI QEMU QEMU HARDDISK \" from \
                     PciRoot(0x0)/Pci(0x3,0x0)/Scsi(0x0,0x0): Not Found";
        assert_eq!(
            Boot::read(empty),
            Some(Boot::Failed(Source::Disk, "Not Found".into()))
        );
        let nothing = "BdsDxe: No bootable option or device was found.";
        assert_eq!(Boot::read(nothing), Some(Boot::Nothing));
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "BdsDxe: loading Boot0002 \"x\" from y",
            "BdsDxe: starting Boot",
            "Boot",
        ] {
            assert_eq!(Boot::read(line), None, "{line}");
        }
        assert_eq!(
            Boot::read("Booting from DVD/CD..."),
            Some(Boot::Starting(Source::Cd))
        );
    }
}
