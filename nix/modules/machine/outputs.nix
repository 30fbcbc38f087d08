# What other modules may read of a machine.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    runner = mkOption {
      type = types.package;
      readOnly = true;
      example = lib.literalExpression "windows.makeMachine { … }";
      description = ''
        The machine as a package, checked against its image when it is built: `machine.json` and what
        microvm.nix's host runs.
      '';
    };

    spec = mkOption {
      type = types.attrsOf types.anything;
      readOnly = true;
      example = {
        schema = "lucarne.machine/1";
        name = "office";
        image = "/nix/store/…-win11-image";
      };
      description = ''
        The machine as `lucarne run` reads it, `lucarne.machine/1`.
      '';
    };
  };
}
