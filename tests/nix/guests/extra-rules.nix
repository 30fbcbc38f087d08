# What may not be asked of a host's extras, nor of a volume that grows, each once wrong and once right,
# as in rules.nix. `declared` are hosts with microvm.nix' own module, `hosts` those without.
let
  host = options: { lucarne.microvm.host = options; };
  office = host: guest: {
    lucarne.microvm = { inherit host; };
    microvm.vms.office.config = {
      imports = [ ../../../nix/modules/microvm-guest ];
      lucarne.microvm.guest = {
        enable = true;
        mem = 1000;
      }
      // guest;
    };
  };
  hardened = guest: office { hardening.enable = true; } guest;
  image = image: {
    mounts.data = {
      enable = true;
      volume = { inherit image; };
    };
  };
  volume = options: {
    lucarne.microvm.guest.mounts.data = {
      enable = true;
      volume = {
        grow = true;
      }
      // options;
    };
  };
in
{
  declared = {
    memory-of-each = {
      says = "host.resources.each.memoryMax: the hypervisor of `office` needs more than the 1000 MiB";
      wrong = office { resources.each.memoryMax = "1000M"; } { };
      right = office { resources.each.memoryMax = "1001M"; } { };
    };
    memory-of-one = {
      says = "host.guests.office.resources.memoryMax: the hypervisor of `office` needs more than";
      wrong = office {
        resources.each.memoryMax = "4G";
        guests.office.resources.memoryMax = "900M";
      } { };
      right = office {
        resources.each.memoryMax = "900M";
        guests.office.resources.memoryMax = "4G";
      } { };
    };
    confined-bridge = {
      says = "host.guests.office.hardening: QEMU's bridge helper has rights that the confines take";
      wrong = hardened {
        hypervisor = "qemu";
        network.base = {
          type = "bridge";
          bridge = "br0";
        };
      };
      right = office
        {
          hardening.enable = true;
          guests.office.hardening.enable = false;
        }
        {
          hypervisor = "qemu";
          network.base = {
            type = "bridge";
            bridge = "br0";
          };
        };
    };
    confined-window = {
      says = "host.guests.office.hardening: its window needs a desktop";
      wrong = {
        imports = [ (hardened { hypervisor = "qemu"; }) ];
        microvm.vms.office.config.microvm.graphics.enable = true;
      };
      right = {
        imports = [ (office { } { hypervisor = "qemu"; }) ];
        microvm.vms.office.config.microvm.graphics.enable = true;
      };
    };
    confined-in-root = {
      says = "host.guests.office.hardening: `/data.img` lies in the root";
      wrong = hardened (image "/data.img");
      right = hardened (image "/srv/data.img");
    };
    confined-stranger = {
      says = "host.guests.play.hardening: nothing is known of its hypervisor";
      wrong = host { guests.play.hardening.enable = true; };
      right = host {
        hardening.enable = true;
        guests.play.resources.cpuQuota = "100%";
      };
    };
  };

  hosts = {
    resources-of-nobody = {
      says = "host.resources: microvm.nix' host is not there, and starts no guest";
      wrong = host { resources.together.memoryMax = "8G"; };
      right = host { };
    };
    prune-of-nobody = {
      says = "host.prune: microvm.nix' host is not there, and has no guests";
      wrong = host { prune.enable = true; };
      right = host { };
    };
  };

  guests = {
    quoted-image = {
      says = "guest.mounts.data.volume.image: microvm.nix' script ends at the `'` of `it's.img`";
      wrong = volume { image = "it's.img"; };
      right = volume { image = "it is.img"; };
    };
    quoted-label = {
      says = "guest.mounts.data.volume.label: microvm.nix' script ends at the `'` of `it's`";
      wrong = volume { label = "it's"; };
      right = volume { label = "it is"; };
    };
    quoted-socket = {
      says = "guest.socket: microvm.nix' script ends at the `'` of `it's.sock`";
      wrong.lucarne.microvm.guest.socket = "it's.sock";
      right.lucarne.microvm.guest.socket = "it.sock";
    };
    grown-file-system = {
      says = "guest.mounts.data.volume.grow: the file system `vfat` does not grow\n  hint: leave it out";
      wrong = volume { fsType = "vfat"; };
      right = volume { fsType = "xfs"; };
    };
    grown-image-type = {
      says = "guest.mounts.data.volume.grow: an image of the type `qcow2` is no plain file";
      wrong = volume { imageType = "qcow2"; };
      right = volume { imageType = "raw"; };
    };
    grown-device = {
      says = "guest.mounts.data.volume.grow: `/dev/vg0/data` is a device, and as large as it is";
      wrong = volume { image = "/dev/vg0/data"; };
      right = volume { image = "/srv/data.img"; };
    };
    grown-and-only-read = {
      says = "guest.mounts.data.volume.grow: what is only read grows nowhere";
      wrong = volume { readOnly = true; };
      right = volume { readOnly = false; };
    };
  };
}
