//! A machine's arguments: one option and its value after the other.
//!
//! What a run has beyond an install comes in by [`super::Filling`], behind everything that both
//! have: no option of a run can move a device of the install.

use super::{Accel, Machine, Medium, Phase, files, ids};
use crate::plan::Firmware;
use crate::spec::Bus;

/// The arguments of `qemu-system-x86_64`, run in the work folder.
#[must_use]
pub fn args(machine: &Machine) -> Vec<String> {
    let mut args = Args(Vec::new());
    args.process(machine);
    args.board(machine);
    args.firmware(machine);
    args.legacy(machine);
    args.devices(machine);
    args.disk(machine);
    args.cds(machine);
    args.0.extend(machine.filling.rest.iter().cloned());
    args.0
}

struct Args(Vec<String>);

impl Args {
    fn flag(&mut self, option: &str) {
        self.0.push(format!("-{option}"));
    }

    fn add(&mut self, option: &str, value: impl Into<String>) {
        self.flag(option);
        self.0.push(value.into());
    }

    /// What concerns the process, not the guest.
    fn process(&mut self, machine: &Machine) {
        self.flag("nodefaults");
        self.flag("no-user-config");
        self.add("name", format!("guest={}", value(&machine.name)));
        // A guest that escapes into QEMU finds no new process, privilege or scheduling class.
        self.add(
            "sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        );
        self.add("display", "none");
        // Stopped until QMP and COM1 are read: a guest that nobody reads blocks or loses words.
        self.flag("S");
        self.add("chardev", format!("socket,id=qmp,path={}", files::QMP));
        self.add("mon", "chardev=qmp,mode=control");
        // So that a picture can be taken of what the guest died with.
        self.add("action", "panic=pause");
    }

    fn board(&mut self, machine: &Machine) {
        let mut board = format!("{},usb=off,vmport=off,hpet=off", machine.kind);
        if let Firmware::Uefi { .. } = machine.firmware {
            board.push_str(",smm=on,pflash0=code,pflash1=vars");
        }
        board.push_str(&machine.filling.board);
        self.add("machine", board);
        self.add(
            "accel",
            match machine.accel {
                // One thread for all cores: with one each, a firmware with SMM was seen to wait for
                // ever at the loader's start, on a host that did much else.
                Accel::Tcg => "tcg,thread=single",
                Accel::Kvm => "kvm",
            },
        );
        self.add("cpu", &machine.cpu);
        let cores = machine.cores;
        // Client editions use at most two sockets, so cores it is.
        self.add("smp", format!("{cores},sockets=1,cores={cores},threads=1"));
        self.add("m", format!("{}M", machine.memory_mib));
        self.add("uuid", machine.uuid("machine"));
        let base = machine.clock.as_deref().unwrap_or("utc");
        self.add(
            "rtc",
            format!(
                "base={},clock=host,driftfix=slew",
                value(base.trim_end_matches('Z'))
            ),
        );
        if machine.accel == Accel::Kvm {
            self.add("global", "kvm-pit.lost_tick_policy=discard");
        }
        // Sleep would stop a machine that nobody wakes; hibernation would seal its memory.
        self.add("global", "ICH9-LPC.disable_s3=1");
        self.add("global", "ICH9-LPC.disable_s4=1");
        // Only what has a boot index starts: no network boot, and no wait for one.
        self.add("boot", "menu=off,strict=on");
    }

    fn firmware(&mut self, machine: &Machine) {
        let Firmware::Uefi { .. } = machine.firmware else {
            return;
        };
        // The variables are written in SMM only, or Secure Boot would protect nothing.
        self.add("global", "driver=cfi.pflash01,property=secure,value=on");
        for (node, file, read_only) in [("code", files::CODE, "on"), ("vars", files::VARS, "off")] {
            self.add(
                "blockdev",
                format!(
                    "driver=raw,node-name={node},read-only={read_only},\
                     file.driver=file,file.filename={file}"
                ),
            );
        }
    }

    /// What needs no PCI slot.
    fn legacy(&mut self, machine: &Machine) {
        let bios = machine.firmware == Firmware::Bios;
        let mux = if bios { ",mux=on" } else { "" };
        self.add(
            "chardev",
            format!("socket,id=com1,path={}{mux}", files::COM1),
        );
        self.add("device", "isa-serial,id=com1,chardev=com1,index=0");
        if bios {
            // SeaBIOS says what it boots on this port only; Windows does not see it.
            self.add(
                "device",
                "isa-debugcon,id=firmware-log,chardev=com1,iobase=0x402",
            );
        }
        let com2 = files::COM2;
        self.add(
            "chardev",
            format!("socket,id=com2,path={com2},server=on,wait=off"),
        );
        self.add("device", "isa-serial,id=com2,chardev=com2,index=1");
        self.add("device", "pvpanic,id=pvpanic");
        self.add(
            "device",
            format!("vmgenid,id=vmgenid,guid={}", machine.generation()),
        );
        if machine.tpm {
            self.add("chardev", format!("socket,id=tpm,path={}", files::TPM));
            self.add("tpmdev", "emulator,id=tpm,chardev=tpm");
            self.add("device", "tpm-crb,id=tpm0,tpmdev=tpm");
        }
    }

    fn devices(&mut self, machine: &Machine) {
        let screen = &machine.filling.screen;
        self.add("device", format!("VGA,id=vga,bus=pcie.0,addr=0x1{screen}"));
        self.add("netdev", &machine.filling.net);
        let (nic, mac) = (ids::NIC, &machine.mac);
        // Without an option ROM, or the firmware would try to start from the network.
        self.add(
            "device",
            format!(
                "virtio-net-pci,id={nic},bus=pcie.0,addr=0x2,disable-legacy=on,netdev=net,\
                 mac={mac},romfile="
            ),
        );
        self.add(
            "device",
            "pcie-root-port,id=data-port,bus=pcie.0,addr=0x4,chassis=1",
        );
        self.add("object", "rng-random,id=rng,filename=/dev/urandom");
        self.add(
            "device",
            "virtio-rng-pci,id=rng0,bus=pcie.0,addr=0x5,disable-legacy=on,rng=rng",
        );
        // As many ports as it can have, so that what a run plugs in changes nothing of it.
        self.add("device", "qemu-xhci,id=usb,bus=pcie.0,addr=0x6,p2=15,p3=15");
        self.add("device", "usb-tablet,id=tablet,bus=usb.0,port=1");
        self.add(
            "device",
            "virtio-serial-pci,id=ports,bus=pcie.0,addr=0x7,disable-legacy=on",
        );
        let agent = files::AGENT;
        self.add(
            "chardev",
            format!("socket,id=agent,path={agent},server=on,wait=off"),
        );
        self.add(
            "device",
            "virtserialport,id=agent0,bus=ports.0,nr=1,chardev=agent,name=org.qemu.guest_agent.0",
        );
    }

    fn disk(&mut self, machine: &Machine) {
        let no_flush = match machine.phase {
            // A host that loses power loses the build too.
            Phase::Install | Phase::Layer => "on",
            Phase::Run => "off",
        };
        // `threads`: seccomp often forbids io_uring.
        self.add(
            "blockdev",
            format!(
                "driver={},node-name={},discard=unmap,detect-zeroes=unmap,\
                 cache.no-flush={no_flush},file.driver=file,file.filename={},file.aio=threads",
                machine.disk.format,
                ids::SYSTEM,
                machine.disk.file
            ),
        );
        let controller = "id=disks,bus=pcie.0,addr=0x3";
        // Windows trims in units it derives from the granularity; under 8 KiB it refuses to.
        let drive = "drive=system,bootindex=1,serial=lucarne-system";
        let (trim, solid) = ("discard_granularity=65536", "rotation_rate=1");
        match machine.bus {
            Bus::VirtioScsi => {
                self.add(
                    "device",
                    format!("virtio-scsi-pci,{controller},disable-legacy=on"),
                );
                let place = "bus=disks.0,channel=0,scsi-id=0,lun=0";
                self.add(
                    "device",
                    format!("scsi-hd,id=disk,{place},{drive},{trim},{solid}"),
                );
            }
            Bus::VirtioBlk => self.add(
                "device",
                format!("virtio-blk-pci,{controller},disable-legacy=on,{drive},{trim}"),
            ),
            Bus::Nvme => self.add("device", format!("nvme,{controller},{drive}")),
            Bus::Sata => {
                self.add(
                    "device",
                    format!("ide-hd,id=disk,bus=ide.2,{drive},{solid}"),
                );
            }
        }
    }

    fn cds(&mut self, machine: &Machine) {
        let drives = [
            (ids::WINDOWS_CD, ids::CD_PORTS[0]),
            (ids::ANSWER_CD, ids::CD_PORTS[1]),
        ];
        for ((id, port), medium) in drives.into_iter().zip(&machine.cds) {
            let mut drive = String::new();
            if let Some(Medium { format, file }) = medium {
                self.add(
                    "blockdev",
                    format!(
                        "driver={format},node-name={id}-medium,read-only=on,\
                         file.driver=file,file.filename={}",
                        value(file)
                    ),
                );
                drive = format!(",drive={id}-medium");
            }
            // Behind the disk: an empty disk falls through to the CD, an installed one wins.
            let starts = machine.phase == Phase::Install && id == ids::WINDOWS_CD;
            let order = if starts { ",bootindex=2" } else { "" };
            self.add(
                "device",
                format!("ide-cd,id={id},bus=ide.{port}{drive}{order}"),
            );
        }
    }
}

/// A value inside an option: QEMU ends it at a comma unless that is doubled.
pub(super) fn value(text: &str) -> String {
    text.replace(',', ",,")
}
