# What the processes of `microvm@NAME` may do: as little as the guest's runner lets them. The facts of
# a guest -> settings of `serviceConfig`. Which hypervisor wants what is read from microvm.nix' runners
# (lib/runners, August 2026).
{
  # The guest's `config.microvm`.
  microvm,
  # Its own folder, and the one in which those of all guests are.
  folder,
  stateDir,
  # Other folders that it writes to, and whether its hypervisor itself speaks IP.
  paths ? [ ],
  internet ? false,
}:
let
  inherit (builtins) any map;
  inherit (import ../../lib/machine/words.nix) word;
  inherit (import ../../lib/paths.nix) isIn;

  some = condition: list: if condition then list else [ ];
  uses = type: any (interface: interface.type == type) microvm.interfaces;
  hands = bus: any (device: device.bus == bus) microvm.devices;
  # It starts its devices in namespaces of their own, and mounts in them.
  sandboxes = microvm.hypervisor == "crosvm";

  places = import ./places.nix { inherit microvm folder paths; };
  inherit (places) readable seen writable;
  isHome = path: any (home: isIn home path) [ "/home" "/root" "/run/user" ];

  device = path: {
    inherit path;
    allow = path;
  };
  image = it: device it.path // { rights = if it.readOnly or false then "r" else "rw"; };
  devices =
    # Without KVM the CPU is another one.
    some (microvm.cpu or null == null) [ (device "/dev/kvm") ]
    ++ some (uses "tap") [
      (device "/dev/net/tun")
      (device "/dev/vhost-net")
    ]
    ++ some (microvm.vsock.cid != null) [ (device "/dev/vhost-vsock") ]
    # Folders, whose devices come and go.
    ++ some (hands "pci") [
      {
        path = "/dev/vfio";
        allow = "char-vfio";
      }
    ]
    ++ some (hands "usb") [
      {
        path = "/dev/bus/usb";
        allow = "char-usb_device";
      }
    ]
    ++ map image places.devices;
in
import ../../lib/machine/confined.nix
// {
  # Guests are one user's: the others' folders are not there.
  TemporaryFileSystem = "${word stateDir}:ro";
  # Nor are images everybody's to read that are made from now on.
  UMask = "0027";
  ProtectHome = if any isHome (writable ++ readable ++ seen) then "tmpfs" else true;
  BindPaths = [
    (word folder)
  ]
  ++ map word writable
  # One that is missing is missed by the hypervisor, or not needed.
  ++ some (!uses "macvtap") (map (device: word "-${device.path}") devices);
  BindReadOnlyPaths = map word (readable ++ map (path: "-${path}") seen);

  # The number in the name of a macvtap's device is known when it is there.
  PrivateDevices = !uses "macvtap";
  DevicePolicy = "closed";
  DeviceAllow =
    map (device: "${word device.allow} ${device.rights or "rw"}") devices
    ++ some (uses "macvtap") [ "char-macvtap rw" ];

  ProtectProc = if sandboxes then "default" else "invisible";
  # An emulated CPU writes its own code; KVM's does not.
  MemoryDenyWriteExecute = microvm.cpu or null == null;
  # Hypervisors confine themselves further by filters of their own.
  SystemCallFilter = [
    "@system-service @sandbox"
  ]
  ++ (if sandboxes then [ "@mount chroot" ] else [ "~@privileged" ]);

  PrivateNetwork = microvm.interfaces == [ ] && !internet && !hands "usb";
  RestrictAddressFamilies = [
    "AF_UNIX"
  ]
  # The settings of an interface are asked for through a socket.
  ++ some (microvm.interfaces != [ ] || internet) [
    "AF_INET"
    "AF_INET6"
  ]
  # The kernel says there which device was plugged in.
  ++ some (hands "usb") [ "AF_NETLINK" ];
}
# What a guest sends goes through no socket of its hypervisor's, but where that is its network.
// (if internet || uses "user" then { } else { IPAddressDeny = "any"; })
// (
  if sandboxes then
    {
      # A user's namespace mounts /proc only where nothing of it is hidden.
      ProtectKernelLogs = false;
      ProtectKernelTunables = false;
      RestrictNamespaces = false;
    }
  else
    { }
)
