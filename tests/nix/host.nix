# A host over the double of nixpkgs: the module of lucarne's, and of NixOS the options that it reads
# or defines. modules -> { config, declared }.
let
  lib = import ./nixpkgs/lib.nix;
  inherit (lib) mkOption types;

  free = default: type: mkOption { inherit default type; };
  sets = free { } (types.attrsOf types.anything);
  file =
    { config, name, ... }:
    {
      options = {
        enable = free true types.bool;
        source = mkOption { type = types.path; };
        target = free name types.str;
        text = free null (types.nullOr types.lines);
      };
      config.source = lib.mkIf (config.text != null) (
        lib.mkDefault (builtins.toFile "etc" config.text)
      );
    };
  nixos = {
    options = {
      assertions = free [ ] (types.listOf types.anything);
      boot = {
        kernel.sysctl = sets;
        kernelModules = free [ ] (types.listOf types.str);
      };
      environment = {
        etc = free { } (types.attrsOf (types.submodule file));
        systemPackages = free [ ] (types.listOf types.package);
      };
      nixpkgs.hostPlatform = free "x86_64-linux" types.str;
      networking = {
        bridges = sets;
        firewall = {
          allowedTCPPorts = free [ ] (types.listOf types.port);
          allowedUDPPorts = free [ ] (types.listOf types.port);
          extraForwardRules = free "" types.lines;
          interfaces = sets;
        };
        dhcpcd.denyInterfaces = free [ ] (types.listOf types.str);
        hosts = sets;
        interfaces = sets;
        networkmanager.unmanaged = free [ ] (types.listOf types.str);
        nftables = {
          enable = free false types.bool;
          tables = sets;
        };
        wg-quick.interfaces = sets;
        wireguard.interfaces = sets;
      };
      services = {
        dnsmasq = {
          enable = free false types.bool;
          settings = free { } types.anything;
        };
        udev.extraRules = free "" types.lines;
      };
      systemd = {
        network = {
          enable = free false types.bool;
          netdevs = sets;
          networks = sets;
          wait-online.enable = free true types.bool;
        };
        services = sets;
        targets = sets;
      };
      users.groups = sets;
      virtualisation.libvirtd.enable = free false types.bool;
      warnings = free [ ] (types.listOf types.str);
    };
  };

  # The part of microvm.nix's host that ours defines.
  microvm.options.microvm.vms = free { } (types.attrsOf types.anything);

  lucarne = import ../../nix/modules {
    tools = import ./tools.nix;
    package = (import ./nixpkgs { }).callPackage ../../nix/packages/lucarne.nix { };
  };
  evaluate = import ./nixpkgs/modules.nix lib "";
in
{
  inherit
    lib
    lucarne
    microvm
    nixos
    ;
  # Of a host: what fails, as NixOS tells it, and all of its configuration.
  host =
    modules:
    let
      pkgs = import ./nixpkgs { system = host.config.nixpkgs.hostPlatform; };
      host = evaluate ([ nixos lucarne ] ++ modules) { inherit pkgs; };
    in
    host;
  declared = (evaluate [ lucarne ] { pkgs = throw "no packages"; }).declared;
}
