//! libvirt's domain: a pure function of an image's facts.
//!
//! Each device is where the machine that Windows was installed on has it ([`crate::machine`]):
//! Windows takes one at another place for a new one. Elements are those of libvirt 11.3's schema.

mod devices;
#[cfg(test)]
mod tests;
mod xml;

use self::devices::devices;
use self::xml::{Element, element};
use super::common::{hyperv, names, told};
use super::{Facts, Text, files};
use crate::machine::VIRTUALISATION;
use crate::spec::FirmwareKind;

/// Where libvirt's usual pool has its files.
const IMAGES: &str = "/var/lib/libvirt/images";
/// The file of the data disk.
const DATA: &str = "data.qcow2";
/// The file of the config CD.
const CONFIG: &str = "config.iso";
/// The texts, each with the name of its file.
#[must_use]
pub fn texts(image: &Facts) -> Vec<Text> {
    let instance = names::label(&image.name);
    let domain = xml::document(&comment(image), &domain(image));
    vec![
        ("domain.xml".to_owned(), domain),
        told::file(&instance, true, Vec::new()),
    ]
}

/// No two hyphens may stand side by side in XML's comments: no name of the user's is in it.
fn comment(image: &Facts) -> String {
    let (folder, disk) = (format!("{IMAGES}/NAME"), files::QCOW2);
    let firmware = match image.firmware {
        FirmwareKind::Uefi => format!(", {} and {}", files::CODE, files::VARS),
        FirmwareKind::Bios => String::new(),
    };
    let sysprep = if image.generalized {
        "\nThe image is generalised: Windows goes through OOBE at each start that begins from it."
    } else {
        ""
    };
    format!(
        "A machine of the image, whose name is NAME here. Needed in {folder}:\n\
         {disk}{firmware} of this export, and a data disk:\n  \
           qemu-img create -f qcow2 {folder}/{DATA} 64G\n\
         {CONFIG} there is what Windows is told at each start (docs/guest.md); without it the CD\n\
         drive is empty, and nobody is let in. Edit config.json, and:\n  \
           {}\n\
         {}\n\
         The system disk is thrown away when the machine stops: `transient`. Take that element\n\
         out to keep it. Another machine of the image on the same host needs another name, UUID,\n\
         data disk and a copy of the system disk: QEMU locks it at a start, `transient` or not.\n\
         The host's QEMU must have the machine type below, and some distributions have but their\n\
         own: `qemu-system-x86_64 -machine help` lists them.{sysprep}",
        told::MAKE_CD,
        told::STAYS
    )
}

fn folder(image: &Facts) -> String {
    format!("{IMAGES}/{}", image.name)
}

fn domain(image: &Facts) -> Element {
    let windows = format!("{} ({})", image.edition, image.version);
    let cores = image.cores.to_string();
    let off = |state| element(state).with("enabled", "no");
    element("domain").with("type", "kvm").all([
        element("name").text(&image.name),
        element("uuid").text(&image.uuid),
        // New whenever the domain is defined, which is all that it tells Windows.
        element("genid"),
        element("title").text(&windows),
        element("memory")
            .with("unit", "MiB")
            .text(&image.memory_mib.to_string()),
        element("vcpu").with("placement", "static").text(&cores),
        os(image),
        features(image),
        cpu(&cores),
        clock(),
        element("on_poweroff").text("destroy"),
        element("on_reboot").text("restart"),
        element("on_crash").text("destroy"),
        // Sleep would stop a machine that nobody wakes.
        element("pm").all([off("suspend-to-mem"), off("suspend-to-disk")]),
        devices(image),
    ])
}

fn os(image: &Facts) -> Element {
    let board = element("type")
        .with("arch", "x86_64")
        .with("machine", &image.machine_type);
    let os = element("os").all([board.text("hvm")]);
    if image.firmware == FirmwareKind::Bios {
        return os;
    }
    let folder = folder(image);
    let yes = |yes| if yes { "yes" } else { "no" };
    // The image's own pair: the variables hold Windows' entry, and the keys of Secure Boot.
    let loader = element("loader")
        .with("readonly", "yes")
        .with("secure", yes(image.secure_boot))
        .with("type", "pflash")
        .text(&format!("{folder}/{}", files::CODE));
    let vars = element("nvram").with("template", format!("{folder}/{}", files::VARS));
    os.all([loader, vars])
}

fn on(name: &'static str) -> Element {
    element(name).with("state", "on")
}

fn features(image: &Facts) -> Element {
    let one = |name| match name {
        "spinlocks" => on(name).with("retries", hyperv::SPINLOCKS.to_string()),
        "stimer" => on(name).all([on("direct")]),
        _ => on(name),
    };
    let hyperv = hyperv::libvirt(&image.hyperv).into_iter().map(one);
    let features = element("features").all([
        element("acpi"),
        element("apic"),
        element("hyperv").with("mode", "custom").all(hyperv),
        element("vmport").with("state", "off"),
    ]);
    match image.firmware {
        // The image's firmware is built for it, with Secure Boot or without.
        FirmwareKind::Uefi => features.all([on("smm")]),
        FirmwareKind::Bios => features,
    }
}

fn cpu(cores: &str) -> Element {
    // Client editions use at most two sockets, so cores it is.
    let topology = element("topology")
        .with("sockets", "1")
        .with("cores", cores);
    // Or Windows 11 24H2 turns virtualisation-based security on: a machine in the machine.
    let off = |name: &str| {
        element("feature")
            .with("policy", "disable")
            .with("name", name)
    };
    element("cpu")
        .with("mode", "host-passthrough")
        .all([topology.with("threads", "1")])
        .all(VIRTUALISATION.map(off))
}

fn clock() -> Element {
    let timer = |name: &str| element("timer").with("name", name);
    element("clock").with("offset", "utc").all([
        timer("rtc").with("tickpolicy", "catchup"),
        timer("pit").with("tickpolicy", "discard"),
        timer("hpet").with("present", "no"),
        timer("hypervclock").with("present", "yes"),
    ])
}
