# The templates' hosts over the real NixOS and the real microvm.nix, each as its flake makes it.
{
  evaluate,
  failed,
  isWhole,
  lib,
  microvm,
  module,
  pkgs,
  windows,
}:
let
  # Its programs are none of the packages that a double has.
  withoutLoader.boot.loader = {
    grub.enable = false;
    systemd-boot.enable = lib.mkForce false;
  };
  inputs = {
    nixpkgs = {
      legacyPackages.x86_64-linux = pkgs;
      lib.nixosSystem = { modules }: evaluate (modules ++ [ withoutLoader ]);
    };
    lucarne = {
      lib.windows = _: windows;
      nixosModules = {
        default = module;
        microvm-host = ../../nix/modules/microvm-host;
        microvm-guest = ../../nix/modules/microvm-guest;
      };
    };
    microvm.nixosModules.host = microvm + "/nixos-modules/host";
  };
  hostOf =
    template:
    ((import (../../nix/templates + "/${template}/flake.nix")).outputs inputs)
    .nixosConfigurations.host.config;
  told = config: services: {
    failed = failed config;
    inherit (config) warnings;
    whole = isWhole config;
    services = builtins.intersectAttrs (lib.genAttrs services (_: null)) (
      lib.mapAttrs (_: _: true) config.systemd.services
    );
  };
  right = services: {
    failed = [ ];
    warnings = [ ];
    whole = true;
    services = lib.genAttrs services (_: true);
  };
in
{
  template-machine = {
    got = told (hostOf "machine") [ "lucarne-office" ];
    want = right [ "lucarne-office" ];
  };
}
// lib.optionalAttrs (microvm != null) {
  template-microvm-host = {
    got = told (hostOf "microvm-host") [
      "lucarne-office"
      "microvm@"
    ];
    want = right [
      "lucarne-office"
      "microvm@"
    ];
  };
  template-microvm-guest =
    let
      guest = (hostOf "microvm-host").microvm.vms.web.config.config;
    in
    {
      got = {
        failed = failed guest;
        inherit (guest) warnings;
      };
      want = {
        failed = [ ];
        warnings = [ ];
      };
    };
}
