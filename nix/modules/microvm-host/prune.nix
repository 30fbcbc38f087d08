# A command for what guests leave behind that are declared no longer.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  cfg = config.lucarne.microvm.host;
  isThere = options ? microvm.vms;
  script = import ./prune-script.nix {
    inherit (config.microvm) stateDir;
    declared = lib.attrNames config.microvm.vms;
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
