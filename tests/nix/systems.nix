# Systems over the real NixOS, and what is told of them.
{ lib, nixpkgs }:
let
  # A host needs neither a boot loader nor a disk here.
  bare = {
    boot.loader.grub.enable = false;
    fileSystems."/" = {
      device = "/dev/vda";
      fsType = "ext4";
    };
    networking.hostName = "host";
  };
in
rec {
  evaluate =
    modules:
    import (nixpkgs + "/nixos/lib/eval-config.nix") {
      inherit lib;
      system = null;
      modules = [
        {
          nixpkgs.hostPlatform = lib.mkDefault "x86_64-linux";
          system.stateVersion = "25.11";
        }
      ]
      ++ modules;
    };
  hostOf = modules: (evaluate ([ bare ] ++ modules)).config;

  failed = config: map (it: it.message) (lib.filter (it: !it.assertion) config.assertions);
  isWhole = config: lib.isString config.system.build.toplevel.drvPath;

  # One rule of either rules.nix. `told` of a module is what is told of such a system: once of the
  # wrong one, and nothing of the right one.
  judged = told: rule: {
    got = {
      wrong = map (lib.hasInfix rule.says) (told rule.wrong);
      right = told rule.right;
    };
    want = {
      wrong = [ true ];
      right = [ ];
    };
  };
  prefixed =
    prefix: f: set:
    lib.mapAttrs' (name: value: {
      name = "${prefix}-${name}";
      value = f name value;
    }) set;
}
