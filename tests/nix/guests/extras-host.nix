# A host with everything that ours adds to microvm.nix' service, and guests of several kinds.
let
  vm = vmWith { };
  vmWith = microvm: options: {
    config = {
      imports = [ ../../../nix/modules/microvm-guest ];
      inherit microvm;
      lucarne.microvm.guest = {
        enable = true;
      }
      // options;
    };
  };
in
{
  inherit vm;
  module = {
    lucarne.microvm.host = {
      hardening.enable = true;
      prune.enable = true;
      resources = {
        each.cpuWeight = 50;
        together.memoryMax = "16G";
      };
      guests = {
        db.resources = {
          cpuQuota = "200%";
          memoryMax = "3G";
        };
        desk.hardening = {
          internet = true;
          paths = [ "/srv/dumps" ];
        };
        free.hardening.enable = false;
        # Somebody made it by `microvm -c`.
        other.resources.cpuWeight = null;
      };
    };
    microvm.vms = {
      db = vm {
        profiles = [ "server" "journal" ];
        cid = 3;
      };
      desk =
        vmWith
          {
            devices = [
              {
                bus = "pci";
                path = "0000:01:00.0";
              }
            ];
          }
          {
            hypervisor = "qemu";
            network.base = {
              type = "macvtap";
              macvtap.link = "enp2s0";
            };
            mounts = {
              documents = {
                enable = true;
                share = {
                  enable = true;
                  proto = "9p";
                  hostPath = "/root/documents";
                };
              };
              disk = {
                enable = true;
                volume = {
                  image = "/dev/vg0/desk";
                  autoCreate = false;
                };
              };
              # Which others may read too.
              books = {
                enable = true;
                volume = {
                  image = "/root/books/all.img";
                  readOnly = true;
                  autoCreate = false;
                };
              };
              films = {
                enable = true;
                volume = {
                  image = "/dev/vg0/films";
                  readOnly = true;
                  autoCreate = false;
                };
              };
            };
          };
      emulated = vmWith { cpu = "max"; } {
        hypervisor = "qemu";
        network.base.type = "user";
      };
      free = vm { };
      jailed = vm { hypervisor = "crosvm"; };
    };
  };
}
