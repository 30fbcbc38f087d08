# A double of `nixpkgs.lib.nixosSystem`: of NixOS the options that the templates' hosts and our modules
# read or define. A host whose assertions fail cannot be built, as with the real one.
{ modules }:
let
  lib = import ../nixpkgs/lib.nix;
  pkgs = import ../nixpkgs { };
  inherit (lib) mkOption types;
  free = default: type: mkOption { inherit default type; };
  sets = free { } (types.attrsOf types.anything);

  failed =
    config: map (it: it.message) (builtins.filter (it: !it.assertion) config.assertions);

  # Beside the options that the module of machines reads.
  options =
    { config, ... }:
    {
      options = {
        boot.loader.systemd-boot.enable = free false types.bool;
        fileSystems = sets;
        networking = {
          defaultGateway = free null types.anything;
          hostName = mkOption { type = types.str; };
          nat = free { } types.anything;
          useNetworkd = free false types.bool;
        };
        security.wrappers = sets;
        services = {
          journald.storage = free "persistent" types.str;
          resolved = {
            enable = free false types.bool;
            settings = free { } types.anything;
          };
        };
        system = {
          activationScripts = sets;
          build = sets;
          stateVersion = mkOption { type = types.str; };
        };
        systemd = {
          slices = sets;
          tmpfiles.settings = sets;
        };
      };
      config.system.build.toplevel =
        if failed config == [ ] then
          pkgs.writeText "nixos-system" (
            builtins.toJSON {
              inherit (config) networking warnings;
              inherit (config.systemd) network services;
            }
          )
        else
          throw "Failed assertions:\n${lib.concatStringsSep "\n" (failed config)}";
    };
in
import ../nixpkgs/modules.nix lib "" (
  [
    (import ../host.nix).nixos
    options
  ]
  ++ modules
) { inherit pkgs; }
