# What each hypervisor can do under microvm.nix, read from its runners (lib/runners, August 2026).
# tests/nix/nixos-guest.nix asks each runner for what it lacks. `shares` has the best protocol first.
let
  nothing = {
    balloon = false;
    credentials = false;
    # Whether its CPU can be another one than the host's.
    emulation = false;
    graphics = false;
    hotplug = false;
    hugepages = false;
    # Whether it is told what a volume's image is; others take each for a raw one.
    imageTypes = false;
    initialBalloon = false;
    interfaces = [ "tap" ];
    # Whether its runner is none without a control socket.
    needsSocket = false;
    pci = false;
    readOnly9p = false;
    shares = [ ];
    system = "linux";
    usb = false;
    user = false;
    vsock = true;
  };
  of = has: nothing // has;
in
{
  alioth = of { shares = [ "virtiofs" ]; };

  cloud-hypervisor = of {
    balloon = true;
    graphics = true;
    hotplug = true;
    hugepages = true;
    imageTypes = true;
    initialBalloon = true;
    interfaces = [
      "tap"
      "macvtap"
    ];
    pci = true;
    shares = [ "virtiofs" ];
  };

  crosvm = of {
    balloon = true;
    graphics = true;
    interfaces = [
      "tap"
      "macvtap"
    ];
    needsSocket = true;
    pci = true;
    # Its own 9p is broken, says microvm.nix.
    shares = [
      "virtiofs"
      "9p"
    ];
  };

  firecracker = of { needsSocket = true; };

  kvmtool = of {
    balloon = true;
    interfaces = [
      "tap"
      "user"
      "macvtap"
    ];
    # Its runner takes no device as microvm.nix has them since 2026.
    pci = false;
    shares = [ "9p" ];
  };

  qemu = of {
    balloon = true;
    credentials = true;
    emulation = true;
    graphics = true;
    # Not with the machine `microvm`.
    hotplug = true;
    interfaces = [
      "tap"
      "user"
      "macvtap"
      "bridge"
    ];
    pci = true;
    readOnly9p = true;
    shares = [
      "virtiofs"
      "9p"
    ];
    usb = true;
    user = true;
  };

  stratovirt = of {
    interfaces = [
      "tap"
      "user"
      "macvtap"
      "bridge"
    ];
    shares = [ "virtiofs" ];
    usb = true;
    # Its runner says nothing to it: it leaves it out.
    vsock = false;
  };

  vfkit = of {
    graphics = true;
    interfaces = [ "user" ];
    shares = [ "virtiofs" ];
    system = "darwin";
    vsock = false;
  };
}
