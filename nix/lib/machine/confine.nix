# What a machine's processes may do, as settings of `serviceConfig`: as little as its shape lets
# them. `systemd-analyze security` says at most 1.5 of each (`cargo xtask test service/verify`).
{
  # lucarne.machine/1.
  machine,
  # Whether members of a group may ask it for something.
  group ? null,
  # Folders outside of the service's own that it writes to.
  folders ? [ ],
}:
let
  inherit (import ../paths.nix) isIn;
  inherit (import ./words.nix) word;

  accel = machine.machine.accel or "kvm";
  mode = machine.network.mode or "user";
  pci = machine.pci or [ ] != [ ];
  usb = machine.usb or [ ] != [ ];
  shares = machine.shares or [ ];
  # VNC on a port, which is nobody's default.
  listens = builtins.isAttrs (machine.display.vnc or "socket");
  internet = mode == "user" || listens;

  some = condition: list: if condition then list else [ ];

  device = path: {
    inherit path;
    allow = path;
  };
  devices =
    some (accel != "tcg") [ (device "/dev/kvm") ]
    ++ some (mode == "bridge") [
      (device "/dev/net/tun")
      (device "/dev/vhost-net")
    ]
    # Folders, whose devices come and go.
    ++ some pci [
      {
        path = "/dev/vfio";
        allow = "char-vfio";
      }
    ]
    ++ some usb [
      {
        path = "/dev/bus/usb";
        allow = "char-usb_device";
      }
    ];

  isHome = path: builtins.any (folder: isIn folder path) [ "/home" "/root" "/run/user" ];
  pathsOf = map (share: share.path);
  # It may be missing: systemd binds folders for the command too that makes them, and the helper
  # tells of what nobody makes.
  bind = path: word "-${path}";
  isReadOnly = share: share.readOnly or true;
  shown = folders ++ pathsOf shares;
in
import ./confined.nix
// {
  UMask = "0077";
  RemoveIPC = true;

  # Writable are the service's own folders and those named here.
  ProtectHome = if builtins.any isHome shown then "tmpfs" else true;
  BindPaths = map bind (
    folders
    ++ pathsOf (builtins.filter (share: !isReadOnly share) shares)
    ++ map (device: device.path) devices
  );
  BindReadOnlyPaths = map bind (pathsOf (builtins.filter isReadOnly shares));

  # A /dev with these alone in it. One that is missing is told by the helper, or not needed.
  PrivateDevices = true;
  DevicePolicy = "closed";
  DeviceAllow = map (device: "${device.allow} rw") devices;

  # Whether somebody is in the group is read of that process's status.
  ProtectProc = if group == null then "invisible" else "default";
  # virtiofsd does not start where it cannot read how many files may be open. Nor can it confine
  # itself to the folder that it shares: it has these confines.
  ProcSubset = if shares == [ ] then "pid" else "all";

  # An emulated CPU writes its own code; KVM's does not.
  MemoryDenyWriteExecute = accel == "kvm";
  SystemCallFilter = [
    "@system-service"
    "~@privileged @resources"
  ];

  PrivateNetwork = mode == "none" && !listens && !usb;
  RestrictAddressFamilies = [
    "AF_UNIX"
  ]
  ++ some internet [
    "AF_INET"
    "AF_INET6"
  ]
  # The kernel says there which device was plugged in, and libusb does not start without.
  ++ some usb [ "AF_NETLINK" ];
}
// (if internet then { } else { IPAddressDeny = "any"; })
// (if pci then { LimitMEMLOCK = "infinity"; } else { })
