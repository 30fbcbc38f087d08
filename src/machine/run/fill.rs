//! What of QEMU's arguments a run's devices are.

use core::net::Ipv4Addr;

use lucarne_protocol::settings::DATA_SERIAL;

use super::super::args::value;
use super::super::{Accel, Filling, Machine, Medium, ids};
use super::{Devices, Forward, Host, Network, Protocol, Vnc, options, sockets};
use crate::spec::Bus;

/// Where the optional devices are on the first PCI bus.
const AUDIO_SLOT: u8 = 0x8;
const SHARES_SLOT: u8 = 0x9;
const HOST_SLOT: u8 = 0xa;
/// Chassis numbers of their root ports; 1 is the data disk's.
const SHARES_CHASSIS: usize = 0x10;
const HOST_CHASSIS: usize = 0x20;
/// The first USB ports of SPICE's redirections and of the host's devices; 1 is the tablet's.
const REDIRECTION_PORT: usize = 2;
const HOST_PORT: usize = 4;
const REDIRECTIONS: usize = 2;

/// What is put into the places that an install leaves empty.
pub(super) fn filling(
    machine: &Machine,
    devices: &Devices,
    data_disk: Option<&Medium>,
    host: Host,
) -> Filling {
    let mut options = Options(Vec::new());
    if let Some(disk) = data_disk {
        options.data_disk(machine.bus, disk);
    }
    options.display(devices);
    options.usb(devices);
    options.shares(machine, devices);
    options.pci(devices);
    options.0.extend(devices.extra_args.iter().cloned());
    let usual = Filling::default();
    Filling {
        net: net(machine, &devices.network, host).unwrap_or(usual.net),
        board: if devices.shares.is_empty() {
            usual.board
        } else {
            ",memory-backend=ram".to_owned()
        },
        screen: (devices.display.resolution).map_or(usual.screen, options::screen),
        rest: options.0,
    }
}

/// The NIC's other end; nothing where an install has nothing.
fn net(machine: &Machine, network: &Network, host: Host) -> Option<String> {
    match network {
        Network::User { ssh, forwards } => {
            let port = host.ssh_port.filter(|_| *ssh);
            let ssh = port.map(|host_port| Forward {
                protocol: Protocol::Tcp,
                address: Ipv4Addr::LOCALHOST,
                host_port,
                guest_port: 22,
            });
            let rules = ssh.iter().chain(forwards).map(options::forward);
            Some(format!("user,id=net{}", rules.collect::<String>()))
        }
        Network::Tap { name, .. } => {
            let vhost = host.vhost && machine.accel == Accel::Kvm;
            let vhost = if vhost { ",vhost=on" } else { "" };
            let name = value(name);
            // Whoever has the right to made it, and put it on its bridge.
            Some(format!(
                "tap,id=net,ifname={name},script=no,downscript=no{vhost}"
            ))
        }
        Network::None => None,
    }
}

struct Options(Vec<String>);

impl Options {
    fn add(&mut self, option: &str, value: impl Into<String>) {
        self.0.push(format!("-{option}"));
        self.0.push(value.into());
    }

    fn data_disk(&mut self, bus: Bus, disk: &Medium) {
        let node = ids::DATA;
        self.add(
            "blockdev",
            format!(
                "driver={},node-name={node},discard=unmap,detect-zeroes=unmap,\
                 cache.no-flush=off,file.driver=file,file.filename={},file.aio=threads",
                disk.format,
                value(&disk.file)
            ),
        );
        let drive = format!("drive={node},serial={DATA_SERIAL}");
        let (trim, solid) = ("discard_granularity=65536", "rotation_rate=1");
        let device = match bus {
            Bus::VirtioScsi => {
                let place = "bus=disks.0,channel=0,scsi-id=1,lun=0";
                format!("scsi-hd,id=data-disk,{place},{drive},{trim},{solid}")
            }
            Bus::VirtioBlk => {
                let place = "bus=data-port,addr=0x0,disable-legacy=on";
                format!("virtio-blk-pci,id=data-disk,{place},{drive},{trim}")
            }
            Bus::Nvme | Bus::Sata => format!("ide-hd,id=data-disk,bus=ide.3,{drive},{solid}"),
        };
        self.add("device", device);
    }

    fn display(&mut self, devices: &Devices) {
        let spice = devices.display.spice;
        let sound = if devices.audio {
            // SPICE carries it; else whoever looks by VNC may listen too.
            let backend = if spice { "spice" } else { "none" };
            self.add("audiodev", format!("{backend},id=sound"));
            ",audiodev=sound"
        } else {
            ""
        };
        match devices.display.vnc {
            Vnc::Socket => self.add("vnc", format!("unix:{}{sound}", sockets::VNC)),
            Vnc::Tcp(address, port) => {
                self.add("vnc", format!("{}{sound}", options::vnc(address, port)));
            }
            Vnc::None => {}
        }
        if spice {
            // Whoever may open the socket may look: the folder is the user's own.
            let socket = sockets::SPICE;
            self.add(
                "spice",
                format!("addr={socket},unix=on,disable-ticketing=on"),
            );
            self.add("chardev", "spicevmc,id=spice-agent,name=vdagent");
            self.add(
                "device",
                "virtserialport,id=spice0,bus=ports.0,nr=2,chardev=spice-agent,\
                 name=com.redhat.spice.0",
            );
        }
        if devices.audio {
            // An ICH9's, as the board is: Windows has a driver for it.
            self.add(
                "device",
                format!("ich9-intel-hda,id=audio0,bus=pcie.0,addr={AUDIO_SLOT:#x}"),
            );
            self.add(
                "device",
                "hda-duplex,id=codec0,bus=audio0.0,cad=0,audiodev=sound",
            );
        }
    }

    fn usb(&mut self, devices: &Devices) {
        if devices.display.spice {
            for index in 0..REDIRECTIONS {
                let port = REDIRECTION_PORT + index;
                self.add("chardev", format!("spicevmc,id=redir{index},name=usbredir"));
                self.add(
                    "device",
                    format!(
                        "usb-redir,id=redirect{index},bus=usb.0,port={port},chardev=redir{index}"
                    ),
                );
            }
        }
        for (index, id) in devices.usb.iter().enumerate() {
            let port = HOST_PORT + index;
            self.add(
                "device",
                format!(
                    "usb-host,id=usb-host{index},bus=usb.0,port={port},\
                     vendorid={:#06x},productid={:#06x}",
                    id.vendor, id.product
                ),
            );
        }
    }

    fn shares(&mut self, machine: &Machine, devices: &Devices) {
        if devices.shares.is_empty() {
            return;
        }
        // Memory that another process can map: virtiofsd reads and writes the guest's.
        self.add(
            "object",
            format!(
                "memory-backend-memfd,id=ram,size={}M,share=on",
                machine.memory_mib
            ),
        );
        for (index, share) in devices.shares.iter().enumerate() {
            let socket = sockets::share(index);
            let chardev = format!("share{index}");
            self.add("chardev", format!("socket,id={chardev},path={socket}"));
            let port = self.root_port("share", SHARES_SLOT, SHARES_CHASSIS, index);
            self.add(
                "device",
                format!(
                    "vhost-user-fs-pci,id=share-fs{index},bus={port},chardev={chardev},tag={}",
                    value(&share.name)
                ),
            );
        }
    }

    fn pci(&mut self, devices: &Devices) {
        for (index, address) in devices.pci.iter().enumerate() {
            let port = self.root_port("host", HOST_SLOT, HOST_CHASSIS, index);
            self.add(
                "device",
                format!("vfio-pci,id=host{index},bus={port},host={address}"),
            );
        }
    }

    /// A root port, a function of its slot: a device of PCI Express belongs behind one.
    fn root_port(&mut self, what: &str, slot: u8, chassis: usize, index: usize) -> String {
        let id = format!("{what}-port{index}");
        let several = if index == 0 { ",multifunction=on" } else { "" };
        let chassis = chassis + index;
        let place = format!("bus=pcie.0,addr={slot:#x}.{index},chassis={chassis}");
        let port = format!("pcie-root-port,id={id},{place}{several}");
        self.add("device", port);
        id
    }
}
