# The table of what hypervisors can do, against microvm.nix' own runners: what the table says is
# lacking, the runner refuses, and what it says is there, the runner takes.
{
  lib,
  microvm,
  pkgs,
  system,
}:
let
  table = import ../../../nix/modules/microvm-guest/capabilities.nix;
  # vfkit's runner refuses everything on Linux.
  names = lib.filter (name: table.${name}.system == "linux") (lib.attrNames table);

  config = system.guest [ { lucarne.microvm.guest.network.base.enable = false; } ];
  inherit (import (microvm + "/lib") { inherit lib; }) buildRunner;

  # Past our own words: what the runner itself says to a guest with these settings.
  runs =
    hypervisor: settings:
    (builtins.tryEval
      (buildRunner {
        inherit pkgs;
        inherit (config.system.build) toplevel;
        microvmConfig =
          config.microvm
          // {
            inherit hypervisor;
            inherit (config.networking) hostName;
            # The machine `microvm`, which is the default, takes neither devices nor memory.
            qemu = config.microvm.qemu // {
              machine = "q35";
            };
          }
          // settings;
      }).drvPath
    ).success;

  device = bus: path: {
    devices = [
      {
        inherit bus path;
        qemu = {
          id = null;
          bus = null;
          deviceExtraArgs = null;
        };
      }
    ];
  };
  interface = type: {
    interfaces = [
      {
        inherit type;
        id = "vmch-office";
        mac = "02:02:00:01:01:01";
        bridge = if type == "bridge" then "br0" else null;
        macvtap = {
          link = "enp2s0";
          mode = "bridge";
        };
        tap.vhost = false;
      }
    ];
  };
  share = proto: {
    shares = [
      {
        inherit proto;
        tag = "data";
        socket = "data.sock";
        source = "/srv";
        mountPoint = "/srv";
        readOnly = false;
        cache = "auto";
        posixAcl = true;
        extraArgs = [ ];
        securityModel = "none";
      }
    ];
  };

  asked = {
    balloon.balloon = true;
    credentials.credentialFiles.key = "/run/secrets/key";
    hotplug.hotplugMem = 512;
    initialBalloon = {
      balloon = true;
      initialBalloonMem = 100;
    };
    pci = device "pci" "0000:01:00.0";
    readOnly9p.shares = map (share: share // { readOnly = true; }) (share "9p").shares;
    usb = device "usb" "vendorid=0xabcd,productid=0x0123";
    user.user = "guest";
  };

  # kvmtool's runner takes no device since they have options for QEMU, nor stratovirt's 9p, and
  # nothing catches that; stratovirt's leaves a user out without a word.
  isSilent =
    name: feature:
    lib.elem "${name} ${feature}" [
      "kvmtool pci"
      "kvmtool usb"
      "stratovirt readOnly9p"
      "stratovirt user"
    ];

  of = name: {
    features = lib.mapAttrs (feature: settings: !isSilent name feature && runs name settings) asked;
    interfaces = lib.filter (type: runs name (interface type)) [
      "tap"
      "user"
      "macvtap"
      "bridge"
    ];
    # Nor what stratovirt's says to 9p.
    shares = lib.filter (
      proto: !(name == "stratovirt" && proto == "9p") && runs name (share proto)
    ) [
      "virtiofs"
      "9p"
    ];
    # Nothing catches the error of those that need one.
    socket = table.${name}.needsSocket || !runs name { socket = null; };
    # With nothing but what each has.
    alone = runs name { };
  };
  wanted = name: {
    features = lib.mapAttrs (feature: _: table.${name}.${feature}) asked;
    inherit (table.${name}) interfaces shares;
    socket = table.${name}.needsSocket;
    alone = true;
  };
in
lib.listToAttrs (
  map (name: {
    name = "guest-hypervisor-${name}";
    value = {
      got = of name;
      want = wanted name;
    };
  }) names
)
