# What a guest asks for against what its hypervisor can do, as rules. Also what was said in
# microvm.nix' own options is judged, for both come to the same runner.
{
  cfg,
  isDarwin,
  lib,
  microvm,
}:
let
  all = import ./capabilities.nix;
  name = microvm.hypervisor;
  can = all.${name};
  usable = lib.filterAttrs (_: it: it.system == can.system) all;
  # Those that can: what to take instead.
  others = has: lib.concatMapStringsSep ", " (it: "`${it}`") (lib.attrNames (lib.filterAttrs has usable));
  instead = has: "take one that has it (${others (_: has)}) as `hypervisor`";
  list = lib.concatMapStringsSep ", " (it: "`${it}`");

  protocols = lib.unique (map (share: share.proto) microvm.shares);
  badProtocols = lib.subtractLists can.shares protocols;
  tagsOf = lib.concatMapStringsSep ", " (share: "`${share.tag}`") (
    lib.filter (share: lib.elem share.proto badProtocols) microvm.shares
  );
  types = lib.unique (map (interface: interface.type) microvm.interfaces);
  badTypes = lib.subtractLists can.interfaces types;
  onlyRead = lib.any (share: share.proto == "9p" && share.readOnly or false) microvm.shares;
  buses = lib.unique (map (device: device.bus) microvm.devices);

  feature = at: asked: key: what: {
    holds = !asked || can.${key};
    inherit at;
    what = "`${name}` has no ${what}";
    hint = "leave it out, or ${instead (it: it.${key})}";
  };
in
[
  {
    holds = can.system == (if isDarwin then "darwin" else "linux");
    at = "hypervisor";
    what = "`${name}` runs on ${if can.system == "darwin" then "macOS" else "Linux"} alone";
    hint = "take `${if can.system == "darwin" then "cloud-hypervisor" else "vfkit"}`";
  }
  {
    holds = badProtocols == [ ];
    at = "mounts";
    what = "`${name}` shares no folder by ${list badProtocols}, as ${tagsOf} would be";
    hint =
      if can.shares == [ ] then
        "make it a volume, for the store leave `store.readonly` out, or"
        + " ${instead (it: lib.subtractLists it.shares badProtocols == [ ])}"
      else
        "set `share.proto` to ${list can.shares}, or leave it out";
  }
  {
    holds = badTypes == [ ];
    at = "network.base.type";
    what = "`${name}` has no interface of the type ${list badTypes}";
    hint = "set it to ${list can.interfaces}, or ${
      instead (it: lib.subtractLists it.interfaces badTypes == [ ])
    }";
  }
  {
    holds = !can.needsSocket || microvm.socket != null;
    at = "socket";
    what = "`${name}` does not start without a control socket";
    hint = "leave it out for `control.socket`";
  }
  (feature "cid" (microvm.vsock.cid != null) "vsock" "vsock")
  (feature "hypervisor: microvm.balloon" microvm.balloon "balloon" "balloon, which gives memory back")
  (feature "hypervisor: microvm.initialBalloonMem" (
    microvm.initialBalloonMem != 0
  ) "initialBalloon" "balloon that is blown up at the start")
  (feature "hypervisor: microvm.hotplugMem" (microvm.hotplugMem != 0) "hotplug" "memory to be plugged in")
  {
    holds = microvm.hotplugMem == 0 || name != "qemu" || microvm.qemu.machine or null != "microvm";
    at = "hypervisor: microvm.hotplugMem";
    what = "the machine `microvm` of `qemu` has no memory to be plugged in";
    hint = "leave it out, or set `microvm.qemu.machine` to `q35`";
  }
  (feature "hypervisor: microvm.hugepageMem" (
    microvm.hugepageMem or false
  ) "hugepages" "huge pages for its memory")
  (feature "hypervisor: microvm.cpu" (microvm.cpu or null != null) "emulation" "emulated CPU")
  (feature "hypervisor: microvm.graphics" (microvm.graphics.enable or false) "graphics" "window")
  (feature "mounts" (
    lib.any (volume: volume.imageType or "raw" != "raw") microvm.volumes
  ) "imageTypes" "images that are not raw, as an `imageType` says")
  (feature "mounts" (
    lib.elem "9p" can.shares && onlyRead
  ) "readOnly9p" "`9p` that is only read, as a `share.readOnly` says")
  (feature "hypervisor: microvm.devices" (lib.elem "pci" buses) "pci" "PCI devices of the host's")
  (feature "hypervisor: microvm.devices" (lib.elem "usb" buses) "usb" "USB devices of the host's")
  (feature "hypervisor: microvm.user" (microvm.user != null) "user" "user to become")
  (feature "hypervisor: microvm.credentialFiles" (
    microvm.credentialFiles or { } != { }
  ) "credentials" "way for credentials")
]
