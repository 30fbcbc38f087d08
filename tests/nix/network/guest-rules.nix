# The rules of host-rules.nix for hosts with guests of microvm.nix.
{
  both,
  dataDisk,
  image,
  network,
}:
let
  guest = options: {
    microvm.vms.web.config = {
      imports = [ ../../../nix/modules/microvm-guest ];
      lucarne.microvm.guest = {
        enable = true;
      }
      // options;
    };
  };
  two = a: b: {
    microvm.vms = builtins.mapAttrs (_: options: {
      config = {
        imports = [ ../../../nix/modules/microvm-guest ];
        lucarne.microvm.guest = {
          enable = true;
          mounts.data = {
            enable = true;
          }
          // options;
        };
      };
    }) { inherit a b; };
  };
  socket = socket: {
    share = {
      enable = true;
      inherit socket;
    };
  };
  disks =
    areRead:
    let
      a = builtins.elemAt areRead 0;
      b = builtins.elemAt areRead 1;
    in
    {
      microvm.vms = builtins.mapAttrs (_: readOnly: {
        config = {
          imports = [ ../../../nix/modules/microvm-guest ];
          lucarne.microvm.guest.enable = true;
          microvm.volumes = [
            {
              image = "/srv/tools.img";
              mountPoint = "/tools";
              size = 64;
              inherit readOnly;
            }
          ];
        };
      }) { inherit a b; };
    };
  # A guest that is on no network of ours, beside a Windows machine that is on another one.
  leftOut = tap: {
    lucarne.network.machines.web.enable = false;
    networking.bridges.br0.interfaces = [ ];
    lucarne.machines.office = {
      inherit image;
      network = {
        mode = "bridge";
        bridge = "br0";
        inherit tap;
      };
    };
  };
  nas = said: network { machines.nas = { mac = "52:54:00:00:00:0a"; } // said; };
  secondCard =
    mac:
    both (nas { }) (
      both (guest { }) {
        microvm.vms.web.config.microvm.interfaces = [
          {
            type = "tap";
            id = "vmch-web-2";
            inherit mac;
          }
        ];
      }
    );
  cidLeftOut =
    cid:
    both (nas { inherit cid; }) (both (guest { cid = 7; }) (network { machines.web.enable = false; }));
  guestsDisk = guest {
    mounts.data = {
      enable = true;
      volume.image = "/srv/office/data.qcow2";
    };
  };
in
{
  one-name = {
    says =
      "lucarne.network.machines.web.hostName: `lucarne.machines.web` and `microvm.vms.web` are of one"
      + " name";
    wrong = both (guest { }) { lucarne.machines.web.image = image; };
    right = both (guest { }) { lucarne.machines.web2.image = image; };
  };
  another-card = {
    says =
      "lucarne.network.machines.web.mac: the card's address of the guest is `02:02:00:01:01:07`, and";
    wrong = guest { network.base.n = 7; };
    right = both (guest { network.base.n = 7; }) (network {
      machines.web.mac = "02:02:00:01:01:07";
    });
  };
  another-interface = {
    says = "lucarne.network.machines.web.tap: the guest's interface is `vm-web`, and `vmch-web` is";
    wrong = guest { network.base.id = "vm-web"; };
    right = both (guest { network.base.id = "vm-web"; }) (network { machines.web.tap = "vm-web"; });
  };
  no-card = {
    says = "lucarne.network.machines.web: the guest has no interface of the type `tap`";
    wrong = guest { network.base.enable = false; };
    right = both (guest { network.base.enable = false; }) (network { machines.web.enable = false; });
  };
  another-cid = {
    says = "lucarne.network.machines.web.cid: the guest's address for vsock is `7`, and `";
    wrong = guest { cid = 7; };
    right = both (guest { cid = 7; }) (network { machines.web.cid = 7; });
  };
  one-cid = {
    says = "lucarne.network.machines.web.cid: its address for vsock `7` is that of `nas` too";
    wrong = both (guest { cid = 7; }) (network {
      machines = {
        web.cid = 7;
        nas = {
          cid = 7;
          mac = "52:54:00:00:00:0a";
        };
      };
    });
    right = both (guest { cid = 7; }) (network { machines.web.cid = 7; });
  };
  one-image = {
    says = "lucarne.network.machines.b: its disk `/srv/data.img` is that of `a` too";
    wrong = two { volume.image = "/srv/data.img"; } { volume.image = "/srv/data.img"; };
    right = two { volume.image = "data.img"; } { volume.image = "data.img"; };
  };
  image-of-a-data-disk = {
    says = "lucarne.network.machines.web: its disk `/srv/office/data.qcow2` is that of `office` too";
    wrong = both (dataDisk "/srv/office/data.qcow2") guestsDisk;
    right = both (dataDisk "/srv/office/other.qcow2") guestsDisk;
  };
  one-image-by-its-guests-folder = {
    says = "lucarne.network.machines.b: its disk `/var/lib/microvms/a/data.img` is that of `a` too";
    wrong = two { volume.image = "data.img"; } { volume.image = "/var/lib/microvms/a/data.img"; };
    right = two { volume.image = "data.img"; } { volume.image = "/var/lib/microvms/b/data.img"; };
  };
  # Any number may read what nobody writes to.
  one-image-to-read = {
    says = "lucarne.network.machines.b: its disk `/srv/tools.img` is that of `a` too";
    wrong = disks [ true false ];
    right = disks [ true true ];
  };
  one-interface-with-one-that-is-left-out = {
    says = "lucarne.network.machines.web: its interface `vm-x` is that of `office` too";
    wrong = both (guest { network.base.id = "vm-x"; }) (leftOut "vm-x");
    right = both (guest { network.base.id = "vm-x"; }) (leftOut "vm-y");
  };
  one-card-with-a-second-one = {
    says = "lucarne.network.machines.web: its card's address `52:54:00:00:00:0a` is that of `nas` too";
    wrong = secondCard "52:54:00:00:00:0A";
    right = secondCard "52:54:00:00:00:0b";
  };
  one-cid-with-one-that-is-left-out = {
    says = "lucarne.network.machines.web: its address for vsock `7` is that of `nas` too";
    wrong = cidLeftOut 7;
    right = cidLeftOut 8;
  };
  one-socket = {
    says = "lucarne.network.machines.b: its socket of a share `/run/data.sock` is that of `a` too";
    wrong = two (socket "/run/data.sock") (socket "/run/data.sock");
    right = two (socket "data.sock") (socket "data.sock");
  };
}
