# What docs/microvm.md shows, over the doubles: { kind, module } of each of its blocks -> what fails of each.
# A block is a whole module, or some options of a host's or of a guest's.
blocks:
let
  system = import ./double.nix;
  inputs = {
    microvm.nixosModules = {
      host = system.theirHost;
      microvm = system.theirGuest;
    };
    lucarne.nixosModules = {
      microvm-host = ../../../nix/modules/microvm-host;
      microvm-guest = ../../../nix/modules/microvm-guest;
    };
  };
  configs = {
    guest = module: system.guest [ module ];
    host =
      module:
      system.host [
        system.theirHost
        module
      ];
    whole = module: system.hostOf [ module ];
  };
in
map ({ kind, module }: system.failed (configs.${kind} (module inputs))) blocks
