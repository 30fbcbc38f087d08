# What a guest, and the network of its host, may not be, each once wrong and once right. `says` is a
# part of the one assertion that fails; `wrong` and `right` are modules.
let
  guest = options: { lucarne.microvm.guest = options; };
  on = hypervisor: options: { lucarne.microvm.guest = { inherit hypervisor; } // options; };
  also = hypervisor: microvm: {
    lucarne.microvm.guest.hypervisor = hypervisor;
    inherit microvm;
  };
  # Two guests that a host declares.
  two = one: other: {
    microvm.vms = builtins.mapAttrs (_: options: {
      config = {
        imports = [ ../../../nix/modules/microvm-guest ];
        lucarne.microvm.guest = {
          enable = true;
        }
        // options;
      };
    }) { a = one; b = other; };
  };
  image = options: {
    mounts.data = {
      enable = true;
      volume = {
        image = "/srv/data.img";
      }
      // options;
    };
  };
  id = "a67472e5570e5c8ab18cae3c77701050";
  network = options: { lucarne.microvm.host.network.basic = options; };
  share = proto: {
    mounts.data = {
      enable = true;
      share = {
        enable = true;
        inherit proto;
      };
    };
  };
  onlyRead.mounts.data = {
    enable = true;
    share = {
      enable = true;
      proto = "9p";
      readOnly = true;
    };
  };
  imageType = imageType: {
    mounts.data = {
      enable = true;
      volume = { inherit imageType; };
    };
  };
  at = mountpoint: {
    mounts = {
      a = {
        enable = true;
        mountpoint = "/srv";
      };
      b = {
        enable = true;
        inherit mountpoint;
      };
    };
  };
  pci = [
    {
      bus = "pci";
      path = "0000:01:00.0";
    }
  ];
  usb = [
    {
      bus = "usb";
      path = "vendorid=0xabcd,productid=0x0123";
    }
  ];
in
{
  guests = {
    macos-alone = {
      says = "guest.hypervisor: `vfkit` runs on macOS alone\n  hint: take `cloud-hypervisor`";
      wrong = on "vfkit" { network.base.type = "user"; };
      right = on "cloud-hypervisor" { };
    };
    no-shares = {
      says =
        "guest.mounts: `firecracker` shares no folder by `virtiofs`, as `ro-store` would be\n"
        + "  hint: make it a volume";
      wrong = on "firecracker" { store.readonly.enable = true; };
      right = on "cloud-hypervisor" { store.readonly.enable = true; };
    };
    another-protocol = {
      says = "`cloud-hypervisor` shares no folder by `9p`, as `data` would be\n  hint: set `share.proto`";
      wrong = on "cloud-hypervisor" (share "9p");
      right = on "kvmtool" (share "9p");
    };
    another-interface = {
      says = "guest.network.base.type: `alioth` has no interface of the type `user`";
      wrong = on "alioth" { network.base.type = "user"; };
      right = on "kvmtool" { network.base.type = "user"; };
    };
    macvtap-of-nothing = {
      says = "guest.network.base.macvtap.link: is missing";
      wrong = guest { network.base.type = "macvtap"; };
      right = guest {
        network.base = {
          type = "macvtap";
          macvtap.link = "enp2s0";
        };
      };
    };
    socket-needed = {
      says = "guest.socket: `firecracker` does not start without a control socket";
      wrong = on "firecracker" { socket = null; };
      right = on "qemu" { socket = null; };
    };
    vsock = {
      says = "guest.cid: `stratovirt` has no vsock\n  hint: leave it out, or take one";
      wrong = on "stratovirt" { cid = 3; };
      right = on "firecracker" { cid = 3; };
    };
    balloon = {
      says = "`alioth` has no balloon, which gives memory back";
      wrong = also "alioth" { balloon = true; };
      right = also "crosvm" { balloon = true; };
    };
    initial-balloon = {
      says = "`crosvm` has no balloon that is blown up at the start";
      wrong = also "crosvm" {
        balloon = true;
        initialBalloonMem = 100;
      };
      right = also "cloud-hypervisor" {
        balloon = true;
        initialBalloonMem = 100;
      };
    };
    hotplug = {
      says = "`kvmtool` has no memory to be plugged in";
      wrong = also "kvmtool" { hotplugMem = 512; };
      right = also "cloud-hypervisor" { hotplugMem = 512; };
    };
    hotplug-of-qemu = {
      says = "hotplugMem: the machine `microvm` of `qemu` has no memory to be plugged in\n  hint: ";
      wrong = also "qemu" {
        hotplugMem = 512;
        qemu.machine = "microvm";
      };
      right = also "qemu" {
        hotplugMem = 512;
        qemu.machine = "q35";
      };
    };
    huge-pages = {
      says = "`qemu` has no huge pages for its memory";
      wrong = also "qemu" { hugepageMem = true; };
      right = also "cloud-hypervisor" { hugepageMem = true; };
    };
    emulation = {
      says = "`crosvm` has no emulated CPU\n  hint: leave it out, or take one that has it (`qemu`)";
      wrong = also "crosvm" { cpu = "max"; };
      right = also "qemu" { cpu = "max"; };
    };
    graphics = {
      says = "`kvmtool` has no window";
      wrong = also "kvmtool" { graphics.enable = true; };
      right = also "qemu" { graphics.enable = true; };
    };
    image-type = {
      says = "guest.mounts: `qemu` has no images that are not raw, as an `imageType` says";
      wrong = on "qemu" (imageType "qcow2");
      right = on "qemu" (imageType "raw");
    };
    only-read-by-9p = {
      says = "guest.mounts: `kvmtool` has no `9p` that is only read, as a `share.readOnly` says";
      wrong = on "kvmtool" onlyRead;
      right = on "qemu" onlyRead;
    };
    pci = {
      says = "`firecracker` has no PCI devices of the host's";
      wrong = also "firecracker" { devices = pci; };
      right = also "crosvm" { devices = pci; };
    };
    usb = {
      says = "`crosvm` has no USB devices of the host's";
      wrong = also "crosvm" { devices = usb; };
      right = also "qemu" { devices = usb; };
    };
    user = {
      says = "`kvmtool` has no user to become";
      wrong = also "kvmtool" { user = "guest"; };
      right = also "qemu" { user = "guest"; };
    };
    credentials = {
      says = "`cloud-hypervisor` has no way for credentials";
      wrong = also "cloud-hypervisor" { credentialFiles.key = "/run/secrets/key"; };
      right = also "qemu" { credentialFiles.key = "/run/secrets/key"; };
    };
    disposable = {
      says = "guest.profiles: `disposable` keeps nothing, and `mounts.persist` would be kept";
      wrong = guest {
        profiles = [ "disposable" ];
        persist.enable = true;
      };
      right = guest {
        profiles = [
          "disposable"
          "journal"
        ];
        # Of which the guest can keep nothing.
        mounts.documents = {
          enable = true;
          share = {
            enable = true;
            readOnly = true;
          };
        };
      };
    };
    disposable-writes = {
      says = "guest.profiles: `disposable` keeps nothing, and `mounts.documents` would be kept";
      wrong = guest {
        profiles = [ "disposable" ];
        mounts.documents = {
          enable = true;
          share.enable = true;
        };
      };
      right = guest {
        profiles = [ "disposable" ];
        mounts.documents = {
          enable = true;
          volume.readOnly = true;
        };
      };
    };
    journal-of-nobody = {
      says = "guest.machineid: is missing, and the profile `journal` has a folder by it";
      wrong = {
        lucarne.microvm.guest.profiles = [ "journal" ];
        microvm.machineId = null;
      };
      right = guest { profiles = [ "journal" ]; };
    };
    machine-id-of-zeros = {
      says = "guest.machineid: `00000000-0000-0000-0000-000000000000` is nobody's";
      wrong = guest { machineid = "00000000-0000-0000-0000-000000000000"; };
      # A name of zeros, of which one is made.
      right = guest { machineid = "000-0"; };
    };
    kept-nowhere = {
      says = "guest.mounts.persist: is not mounted, and `persist` keeps on it what it keeps\n  hint: leave";
      wrong = guest {
        persist.enable = true;
        mounts.persist.enable = false;
      };
      right = guest {
        persist = {
          enable = true;
          mount = "state";
        };
        mounts.persist.enable = false;
      };
    };
    kept-on-what-is-only-read = {
      says = "guest.mounts.persist: can only be read, and `persist` keeps on it what it keeps\n  hint";
      wrong = guest {
        persist.enable = true;
        mounts.persist.share = {
          enable = true;
          readOnly = true;
        };
      };
      right = guest {
        persist.enable = true;
        mounts.persist.share.enable = true;
        mounts.other = {
          enable = true;
          volume.readOnly = true;
        };
      };
    };
    neither = {
      says = "guest.mounts: `data`: neither a volume nor a share\n  hint: leave `volume.enable` out";
      wrong = guest {
        mounts.data = {
          enable = true;
          volume.enable = false;
        };
      };
      right = guest { mounts.data.volume.enable = false; };
    };
    no-interface = {
      says = "guest.network.base.id: `vm/a` can be no interface's name\n  hint: 1 to 15 letters";
      wrong = guest { network.base.id = "vm/a"; };
      right = guest {
        network.base = {
          enable = false;
          id = "vm/a";
        };
      };
    };
    one-place = {
      says = "guest.mounts.b: `a` is mounted at `/srv` too";
      wrong = guest (at "/srv");
      right = guest (at "/srv/b");
    };
  };

  declared = {
    one-address = {
      says = "microvm.vms.b: its card's address `02:02:00:01:01:07` is that of `a` too";
      wrong = two { network.base.n = 7; } { network.base.mac = "02:02:00:01:01:07"; };
      right = two { network.base.n = 7; } { network.base.n = 8; };
    };
    one-interface = {
      says = "microvm.vms.b: its interface `vmch-a` is that of `a` too";
      wrong = two { } { network.base.id = "vmch-a"; };
      right = two { } { };
    };
    one-volume = {
      says = "microvm.vms.b: its volume `/srv/data.img` is that of `a` too";
      wrong = two (image { }) (image { });
      right = two (image { readOnly = true; }) (image { readOnly = true; });
    };
    one-volume-that-one-of-two-writes = {
      says = "microvm.vms.b: its volume `/srv/data.img` is that of `a` too";
      wrong = two (image { readOnly = true; }) (image { });
      right = two (image { readOnly = true; }) (image { image = "data.img"; });
    };
    one-volume-by-two-ways = {
      says = "microvm.vms.b: its volume `/var/lib/microvms/a/data.img` is that of `a` too";
      wrong = two (image { image = "data.img"; }) (image { image = "../a//data.img"; });
      right = two (image { image = "data.img"; }) (image { image = "data.img"; });
    };
    one-cid = {
      says = "microvm.vms.b: its vsock address `3` is that of `a` too";
      wrong = two { cid = 3; } { cid = 3; };
      right = two { cid = 3; } { cid = 4; };
    };
    one-machine-id = {
      says = "microvm.vms.b: its machine-id `a67472e5570e5c8ab18cae3c77701050` is that of `a` too";
      wrong = two { machineid = "a67472e5570e5c8ab18cae3c77701050"; } {
        machineid = "A67472E5-570E-5C8A-B18C-AE3C77701050";
      };
      right = two { machineid = "a67472e5570e5c8ab18cae3c77701050"; } { machineid = "b"; };
    };
  };

  hosts = {
    one-journal = {
      says = "host.journals.b.machineId: `${id}` is that of `a` too\n  hint: give each guest";
      wrong.lucarne.microvm.host.journals = {
        a.machineId = id;
        b.machineId = id;
      };
      right.lucarne.microvm.host.journals.a.machineId = id;
    };
    bridge-too-long = {
      says = "host.network.basic.name: `bridge-of-guests` has 16 bytes";
      wrong = network { name = "bridge-of-guests"; };
      right = network { name = "bridge-ofguests"; };
    };
    no-subnet = {
      says = "host.network.basic.ipv4Subnet: `10.213.0.1` is no address";
      wrong = network { ipv4Subnet = "10.213.0.1"; };
      right = network { ipv4Subnet = "10.213.0.1/16"; };
    };
    first-of-subnet = {
      says = "host.network.basic.ipv4Subnet: `10.213.0.0/24` is no host's address, or leaves";
      wrong = network { ipv4Subnet = "10.213.0.0/24"; };
      right = network { ipv4Subnet = "10.213.0.1/30"; };
    };
    last-of-subnet = {
      says = "host.network.basic.ipv4Subnet: `10.213.0.255/24` is no host's address, or leaves";
      wrong = network { ipv4Subnet = "10.213.0.255/24"; };
      right = network { ipv4Subnet = "10.213.0.255/23"; };
    };
    subnet-of-one = {
      says = "host.network.basic.ipv4Subnet: `10.213.0.1/32` is no host's address, or leaves";
      wrong = network { ipv4Subnet = "10.213.0.1/32"; };
      right = network { ipv4Subnet = "10.213.0.254/24"; };
    };
    no-prefix = {
      says = "host.network.basic.ipv6Prefix: `fd12:3456:789a::/64` is no prefix";
      wrong = network { ipv6Prefix = "fd12:3456:789a::/64"; };
      right = network { ipv6Prefix = "fd12:3456:789a:1::"; };
    };
  };
}
