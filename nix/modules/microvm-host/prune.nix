# A command for what guests leave behind that are declared no longer.
{
  config,
  lib,
  options,
  pkgs,
  ...
}@module:
let
  cfg = config.lucarne.microvm.host;
  isThere = options ? microvm.vms;
  inherit (config.microvm) stateDir;
  inherit (import ../../lib/paths.nix) firstBelow fromRoot;

  # Folders in which guests that are declared have something: a share's is by the guest's host name,
  # and that may be another one.
  folders =
    name:
    { microvm, ... }:
    map
      (path: firstBelow stateDir (fromRoot "${stateDir}/${name}" path))
      (map (share: share.source) microvm.shares ++ map (volume: volume.image) microvm.volumes);
  used = lib.remove null (
    lib.concatLists (lib.mapAttrsToList folders (import ./declared.nix module))
  );
  script = import ./prune-script.nix {
    inherit stateDir;
    declared = lib.attrNames config.microvm.vms;
    used = lib.unique used;
    # Where microvm.nix' own command keeps guests from the garbage collector.
    roots = "/nix/var/nix/gcroots/microvm";
  };
in
{
  options.lucarne.microvm.host.prune.enable = lib.mkOption {
    type = lib.types.bool;
    default = false;
    example = true;
    description = ''
      Whether the host has the command `microvm-prune`, which lists the folders of guests that are
      declared no longer, and removes those that it is given by their names. Nothing is removed
      without.
    '';
  };

  config = lib.mkIf (cfg.enable && cfg.prune.enable) {
    assertions = [
      (import ../assertion.nix "lucarne.microvm.host" {
        holds = isThere;
        at = "prune";
        what = "microvm.nix' host is not there, and has no guests";
        hint = "import `microvm.nixosModules.host`";
      })
    ];
    environment.systemPackages = lib.optional isThere (
      pkgs.writeShellScriptBin "microvm-prune" script
    );
  };
}
