//! `KubeVirt`'s manifests: a pure function of an image's facts.
//!
//! Fields and what becomes of them are read off the sources of `KubeVirt` 1.9 and of CDI. The
//! system disk is a containerDisk, which every start throws away, as a run of ours does; the data
//! disk is a volume of CDI's; the config CD is a Secret, which `KubeVirt` makes an ISO of.

#[cfg(test)]
mod tests;

use lucarne_protocol::settings::{DATA_SERIAL, FILE};
use serde_json::{Map, Value, json};

use super::common::names::label;
use super::common::{hyperv, told, yaml};
use super::{Facts, Text, files};
use crate::machine::VIRTUALISATION;
use crate::spec::{Bus, FirmwareKind};

const VM: &str = "kubevirt.io/v1";
const POOL: &str = "pool.kubevirt.io/v1beta1";
const CDI: &str = "cdi.kubevirt.io/v1beta1";
/// How large the data disk is, to be changed by whoever needs another.
const DATA_SIZE: &str = "64Gi";
/// How many machines the pool begins with.
const REPLICAS: u32 = 2;
/// How long Windows may take to shut down, in seconds: the deadline of a run of ours.
const GRACE_SEC: u32 = 300;
/// Marks what belongs to a machine, or to the pool.
const LABEL: &str = "kubevirt.io/vm";

/// The texts, each with the name of its file.
#[must_use]
pub fn texts(image: &Facts) -> Vec<Text> {
    let name = label(&image.name);
    let file = |file: &str, text| (file.to_owned(), text);
    vec![
        file("virtual-machine.yaml", virtual_machine(image, &name)),
        file("data-volume.yaml", data_volume(&name)),
        file("secret.yaml", secret(&name)),
        file("pool.yaml", pool(image, &name)),
    ]
}

fn virtual_machine(image: &Facts, name: &str) -> String {
    let archive = files::CONTAINER_DISK;
    let comment = format!(
        "One machine of the image. Before it:\n\
         \n  \
           skopeo copy --preserve-digests oci-archive:{archive} docker://REGISTRY/{name}:latest\n  \
           kubectl apply -f secret.yaml -f data-volume.yaml\n\
         \n\
         and the registry's name for REGISTRY below. It is applied stopped; to start it:\n\
         \n  \
           virtctl start {name}\n\
         \n\
         {}{}",
        sysprep(image),
        tpm(image)
    );
    let value = json!({
        "apiVersion": VM,
        "kind": "VirtualMachine",
        "metadata": { "name": name },
        "spec": {
            "runStrategy": "Halted",
            "template": template(image, name, name),
        },
    });
    yaml::document(&comment, &value)
}

fn data_volume(name: &str) -> String {
    let comment = "The data disk, which outlives its machine. Windows formats it at its first \
                   start.\nIt grows when its volume is expanded.";
    let value = json!({
        "apiVersion": CDI,
        "kind": "DataVolume",
        "metadata": { "name": data_name(name) },
        "spec": blank(),
    });
    yaml::document(comment, &value)
}

/// CDI's empty volume.
fn blank() -> Value {
    json!({
        "source": { "blank": {} },
        "storage": { "resources": { "requests": { "storage": DATA_SIZE } } },
    })
}

fn secret(name: &str) -> String {
    let account = told::ACCOUNT;
    let comment = format!(
        "What Windows is told at each start, as the one file of a CD (docs/guest.md).\n\
         \n\
         Placeholders: the account `{account}` (one that the image has), and its public key.\n\
         A password is set by an entry more:\n\
         \n  \
           \"passwords\": [{{ \"account\": \"{account}\", \"password\": \"...\" }}]\n\
         \n\
         {}",
        told::STAYS
    );
    let value = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": config_name(name) },
        "stringData": { FILE: told::document(name, true, Vec::new()) },
        "type": "Opaque",
    });
    yaml::document(&comment, &value)
}

fn pool(image: &Facts, name: &str) -> String {
    let comment = format!(
        "Many machines of the image, each with a data disk of its own, which goes with it.\n\
         They are all told the same, by the one Secret, and have one computer name, one machine\n\
         SID and one UUID: such machines do without a domain, or run from a generalised image.\n\
         They start when this is applied. Needed before: REGISTRY below, and `secret.yaml`.\n\
         KubeVirt before 1.7 has it as `pool.kubevirt.io/v1alpha1`.\n\
         {}{}",
        sysprep(image),
        tpm(image)
    );
    let of_pool = format!("{name}-pool");
    let data = data_name(name);
    let value = json!({
        "apiVersion": POOL,
        "kind": "VirtualMachinePool",
        "metadata": { "name": of_pool },
        "spec": {
            "replicas": REPLICAS,
            "selector": { "matchLabels": { LABEL: of_pool } },
            "virtualMachineTemplate": {
                "metadata": { "labels": { LABEL: of_pool } },
                "spec": {
                    // The pool's controller gives each machine's volume its number.
                    "dataVolumeTemplates": [{ "metadata": { "name": data }, "spec": blank() }],
                    "runStrategy": "Always",
                    "template": template(image, name, &of_pool),
                },
            },
        },
    });
    yaml::document(&comment, &value)
}

fn sysprep(image: &Facts) -> &'static str {
    if image.generalized {
        "The image is generalised: Windows goes through OOBE at each start that begins from it.\n"
    } else {
        ""
    }
}

fn tpm(image: &Facts) -> &'static str {
    if image.tpm {
        "The TPM's state is kept in a volume of its own: `vmStateStorageClass` of the cluster's \
         KubeVirt.\n"
    } else {
        ""
    }
}

fn data_name(name: &str) -> String {
    format!("{name}-data")
}

fn config_name(name: &str) -> String {
    format!("{name}-config")
}

/// The machine itself. `mark`: what its label says.
fn template(image: &Facts, name: &str, mark: &str) -> Value {
    let disk = format!("REGISTRY/{name}:latest");
    json!({
        "metadata": { "labels": { LABEL: mark } },
        "spec": {
            "architecture": "amd64",
            "domain": domain(image),
            "networks": [{ "name": "default", "pod": {} }],
            "terminationGracePeriodSeconds": GRACE_SEC,
            "volumes": [
                { "name": "system", "containerDisk": { "image": disk } },
                { "name": "config", "secret": { "secretName": config_name(name) } },
                { "name": "data", "dataVolume": { "name": data_name(name) } },
            ],
        },
    })
}

fn domain(image: &Facts) -> Value {
    let off = |name: &str| json!({ "name": name, "policy": "disable" });
    json!({
        "clock": {
            "utc": {},
            "timer": {
                "hpet": { "present": false },
                "hyperv": {},
                "pit": { "tickPolicy": "discard" },
                "rtc": { "tickPolicy": "catchup" },
            },
        },
        "cpu": {
            "cores": image.cores,
            // Client editions use at most two sockets.
            "sockets": 1,
            "threads": 1,
            // Or Windows 11 24H2 turns virtualisation-based security on: a machine in the machine.
            "features": VIRTUALISATION.map(off),
        },
        "devices": devices(image),
        "features": features(image),
        "firmware": firmware(image),
        "machine": { "type": "q35" },
        "memory": { "guest": format!("{}Mi", image.memory_mib) },
    })
}

fn features(image: &Facts) -> Value {
    let one = |name: &'static str| {
        let value = match name {
            "spinlocks" => json!({ "spinlocks": hyperv::SPINLOCKS }),
            "synictimer" => json!({ "direct": {} }),
            _ => json!({}),
        };
        (name.to_owned(), value)
    };
    let hyperv: Map<_, _> = hyperv::kubevirt(&image.hyperv)
        .into_iter()
        .map(one)
        .collect();
    let mut features = json!({ "acpi": {}, "apic": {}, "hyperv": hyperv });
    if image.secure_boot {
        // KubeVirt refuses Secure Boot without: variables are written in SMM only.
        features["smm"] = json!({ "enabled": true });
    }
    features
}

fn firmware(image: &Facts) -> Value {
    let bootloader = match image.firmware {
        FirmwareKind::Uefi => json!({ "efi": { "secureBoot": image.secure_boot } }),
        FirmwareKind::Bios => json!({ "bios": {} }),
    };
    json!({ "bootloader": bootloader, "uuid": image.uuid })
}

fn devices(image: &Facts) -> Value {
    let mut devices = json!({
        "disks": disks(image),
        "inputs": [{ "bus": "usb", "name": "tablet", "type": "tablet" }],
        "interfaces": [{ "masquerade": {}, "model": "virtio", "name": "default" }],
        "rng": {},
    });
    if image.tpm {
        devices["tpm"] = json!({ "persistent": true });
    }
    devices
}

/// In an order that gives the config CD port 1 of the AHCI controller, where Windows looks for it.
///
/// `KubeVirt` counts SCSI's and SATA's disks together (`sda`, `sdb` …), in their order here, and
/// libvirt makes SATA's port of that letter. Behind a disk of virtio's own letters the data disk
/// is on SATA, for the CD to be the second.
fn disks(image: &Facts) -> Value {
    let (system, data) = match image.bus {
        Bus::VirtioScsi => ("scsi", "scsi"),
        Bus::VirtioBlk => ("virtio", "sata"),
        // No machine of KubeVirt's has NVMe: `Format::facts` has taken another.
        Bus::Nvme | Bus::Sata => ("sata", "sata"),
    };
    let disk = json!({ "bootOrder": 1, "disk": { "bus": system }, "name": "system" });
    let cd = json!({ "cdrom": { "bus": "sata" }, "name": "config" });
    let data = json!({ "disk": { "bus": data }, "name": "data", "serial": DATA_SERIAL });
    if image.bus == Bus::VirtioBlk {
        json!([disk, data, cd])
    } else {
        json!([disk, cd, data])
    }
}
