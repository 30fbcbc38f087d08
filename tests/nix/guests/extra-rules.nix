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
  imageWith = options: image: {
    mounts.data = {
      enable = true;
      volume = { inherit image; } // options;
    };
  };
  image = imageWith { };
  onlyRead = imageWith { readOnly = true; };
  share = hostPath: {
    hypervisor = "qemu";
    mounts.data = {
      enable = true;
      share = {
        enable = true;
        proto = "9p";
        inherit hostPath;
      };
    };
  };
  judged = says: wrong: right: {
    says = "host.guests.office.hardening: ${says}";
    wrong = hardened wrong;
    right = hardened right;
  };
  above = path: judged "`${path}` would be its hypervisor's to write to";
  odd = path: judged "`${path}` is not written plainly";
  paths = paths: {
    imports = [ (hardened { }) ];
    lucarne.microvm.host.guests.office.hardening = { inherit paths; };
  };
  secret = key: {
    imports = [ (hardened { hypervisor = "qemu"; }) ];
    microvm.vms.office.config.microvm.credentialFiles = { inherit key; };
  };
  elsewhere = guest: {
    imports = [ (office { } ({ profiles = [ "journal" ]; } // guest)) ];
    microvm.stateDir = "/srv/guests";
  };
  named = name: {
    lucarne.microvm.host.hardening.enable = true;
    # As no host may be called.
    microvm.vms.${name}.config.networking.hostName = "office";
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
    memory-of-each-for-one-with-other-limits = {
      says = "host.resources.each.memoryMax: the hypervisor of `office` needs more than the 1000 MiB";
      wrong = office {
        resources.each.memoryMax = "900M";
        guests.office.resources.cpuQuota = "100%";
      } { };
      right = office {
        resources.each.memoryMax = "900M";
        guests.office.resources.memoryMax = null;
      } { };
    };
    another-folder = {
      says = "microvm.vms.office: its shares lie where this host has no guests";
      wrong = elsewhere { };
      right = elsewhere { stateDir = "/srv/guests"; };
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
    confined-in-root = above "/" (image "/data.img") (image "/srv/data.img");
    confined-in-the-folder-of-all =
      above "/var/lib/microvms" (image "/var/lib/microvms/data.img")
        (image "/var/lib/microvms/shared/data.img");
    confined-over-the-folder-of-all =
      above "/var/lib" (share "/var/lib") (share "/var/lib/documents");
    confined-with-the-root = {
      says = "host.guests.office.hardening: `/` would be its hypervisor's to write to";
      wrong = paths [ "/" ];
      right = paths [ "/srv/dumps" ];
    };
    confined-path-with-a-slash = {
      says = "host.guests.office.hardening: `/srv/dumps/` is not written plainly";
      wrong = paths [ "/srv/dumps/" ];
      right = paths [ "/srv/50% of dumps" ];
    };
    confined-folder-with-a-colon = odd "/srv/a:b" (image "/srv/a:b/data.img") (image "/srv/a/b:c.img");
    confined-image-with-a-colon = odd "/srv/a:b.img" (onlyRead "/srv/a:b.img") (onlyRead "/srv/a.img");
    confined-device-with-a-colon =
      odd "/dev/disk/by-path/pci-0000:00" (image "/dev/disk/by-path/pci-0000:00") (image "/dev/vg0/a");
    confined-image-of-another =
      odd "/var/lib/microvms/office/../web" (image "../web/data.img") (image "./it is: data.img");
    confined-socket-with-a-quote =
      odd "/run/\"a\"" { socket = "/run/\"a\"/it.sock"; } { socket = "/run/a/it.sock"; };
    confined-share-with-a-backslash = odd "/srv/a\\b" (share "/srv/a\\b") (share "/srv/a b");
    confined-secret-with-dots = {
      says = "host.guests.office.hardening: `/run/../key` is not written plainly";
      wrong = secret "/run/../key";
      right = secret "/run/secrets/key";
    };
    confined-name-with-a-colon = {
      says = "host.guests.a:b.hardening: `/var/lib/microvms/a:b` is not written plainly";
      wrong = named "a:b";
      right = named "a-b";
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
    hardening-of-nobody = {
      says = "host.hardening: microvm.nix' host is not there, and has no guests to confine";
      wrong = host { hardening.enable = true; };
      right = host { hardening.enable = false; };
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
