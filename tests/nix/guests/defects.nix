# What provision-nix' modules do wrong over today's NixOS and microvm.nix, and ours do not. Where its
# repository is there, its own modules are asked too, and must fail: else a check proves nothing.
{
  lib,
  system,
  provision ? null,
  extra-lib ? null,
  ...
}:
let
  inherit (system)
    compat
    guestOf
    hostOf
    runs
    ;
  self.lib.options = import (extra-lib + "/lib/options.nix") { inherit lib; };
  original = name: import (provision + "/modules/nixos/virt/microvm/${name}.nix") { inherit self; };
  isThere = provision != null && extra-lib != null;

  vm = options: { provision.virt.microvm.vm = { enable = true; } // options; };
  isMac = mac: builtins.match "[0-9a-f]{2}(:[0-9a-f]{2}){5}" mac != null;
  interface = config: builtins.head config.microvm.interfaces;

  # `holds` of a configuration, with their module and with ours in its place.
  defect = of: name: module: holds: {
    got = {
      ours = holds (of [
        compat
        module
      ]);
    }
    // lib.optionalAttrs isThere {
      theirs = holds (of [
        (original name)
        module
      ]);
    };
    want = {
      ours = true;
    }
    // lib.optionalAttrs isThere { theirs = false; };
  };
in
{
  guest-defect-networkd = defect hostOf "host" (import ./snippets.nix).host (
    config: config.systemd.network.enable
  );
  guest-defect-tap-name =
    defect guestOf "vm"
      {
        imports = [ (vm { }) ];
        networking.hostName = "a-long-host-name";
      }
      (
        config:
        builtins.stringLength (interface config).id <= 15 && system.failed config == [ ]
      );
  guest-defect-number = defect guestOf "vm" (vm { network.base.n = 10; }) (
    config: isMac (interface config).mac
  );
  guest-defect-machine-id =
    defect guestOf "vm" (vm { machineid = "a67472e5570e5c8ab18cae3c77701050"; })
      (
        config:
        config.environment.etc.machine-id.text == "a67472e5570e5c8ab18cae3c77701050\n"
      );
  # Of a guest that its runner refuses, something is told before.
  guest-defect-firecracker =
    defect guestOf "vm"
      (vm {
        hypervisor = "firecracker";
        store.readonly.enable = true;
      })
      (config: runs config || system.failed config != [ ]);
}
