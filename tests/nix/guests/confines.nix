# What ours adds to the service of a guest, as texts by name, for systemd to judge and to run: of each
# hypervisor with each interface that the confines allow, bare and with all that it can have. `limited` is
# what limits say, and `freed` what takes them back.
let
  table = import ../../../nix/modules/microvm-guest/capabilities.nix;
  confine = import ../../../nix/modules/microvm-host/confine.nix;
  unitText = import ../unit-text.nix;

  unit =
    serviceConfig:
    unitText {
      description = "MicroVM";
      after = [ ];
      wants = [ ];
      wantedBy = [ ];
      inherit serviceConfig;
    };
  text =
    name: settings: microvm:
    unit (
      confine (
        {
          inherit microvm;
          folder = "/var/lib/microvms/${name}";
          stateDir = "/var/lib/microvms";
        }
        // settings
      )
    );

  limits = import ../../../nix/modules/microvm-host/limits.nix { lib = import ../nixpkgs/lib.nix; };
  some = {
    cpuQuota = "150%";
    cpuWeight = 50;
    ioWeight = 60;
    memoryMax = "1G";
  };

  bare = hypervisor: {
    inherit hypervisor;
    cpu = null;
    devices = [ ];
    interfaces = [ ];
    shares = [ ];
    socket = "control.socket";
    volumes = [ { image = "disk.img"; } ];
    vsock.cid = null;
  };
  full =
    hypervisor:
    let
      can = table.${hypervisor};
      some = condition: list: if condition then list else [ ];
    in
    bare hypervisor
    // {
      credentialFiles = if can.credentials then { key = "/run/secrets/50% key"; } else { };
      devices = some can.pci [ { bus = "pci"; } ] ++ some can.usb [ { bus = "usb"; } ];
      shares = map (proto: {
        inherit proto;
        source = "/root/${proto} of 100%";
        readOnly = false;
      }) can.shares;
      socket = "/run/guests/a/control.socket";
      volumes = [
        { image = "disk.img"; }
        { image = "/srv/disks of 100%/a.img"; }
        { image = "/dev/vg0/a"; }
        {
          image = "/srv/shared of 100%/b.img";
          readOnly = true;
        }
        {
          image = "/dev/vg0/b";
          readOnly = true;
        }
      ];
      vsock.cid = if can.vsock then 3 else null;
    };

  names = builtins.filter (name: table.${name}.system == "linux") (builtins.attrNames table);
  types =
    name: builtins.filter (type: type != "bridge") table.${name}.interfaces ++ [ "none" ];
  shape =
    hypervisor: type: much:
    let
      name = "${hypervisor}-${type}-${much.name}";
      interfaces = if type == "none" then [ ] else [ { inherit type; } ];
    in
    {
      inherit name;
      value = text name much.settings (much.of hypervisor // { inherit interfaces; });
    };
  shapes = builtins.concatMap (
    hypervisor:
    builtins.concatMap (
      type:
      map (shape hypervisor type) [
        {
          name = "bare";
          of = bare;
          settings = { };
        }
        {
          name = "full";
          of = full;
          settings = {
            internet = true;
            paths = [ "/srv/dumps" ];
          };
        }
      ]
    ) (types hypervisor)
  ) names;
in
builtins.listToAttrs shapes
// {
  limited = unit (limits.settings { values = some; });
  freed = unit (
    limits.settings {
      values = builtins.mapAttrs (_: _: null) some;
      below = some;
    }
  );
  # An emulated one, which runs where there is no KVM.
  probe = text "probe" { paths = [ "/srv/open" ]; } (
    bare "qemu"
    // {
      cpu = "max";
      interfaces = [ { type = "tap"; } ];
    }
  );
}
