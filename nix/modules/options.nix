# What is said once for all machines.
{ package, tools }:
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.lucarne = {
    package = mkOption {
      type = types.package;
      default = package;
      defaultText = lib.literalExpression "the flake's package `lucarne`";
      example = lib.literalExpression "pkgs.lucarne";
      description = ''
        The program that runs the machines and answers for them (`lucarne ctl`).
      '';
    };

    tools = mkOption {
      type = types.attrsOf types.str;
      default = { };
      defaultText = lib.literalExpression "the flake's `lib.tools`, one by one";
      example = lib.literalExpression ''{ qemu = "''${pkgs.qemu}/bin/qemu-system-x86_64"; }'';
      description = ''
        QEMU, the firmware and the other tools by path. Each that is not named here is the one that
        images are installed with, so that a machine runs on what its Windows knows.
      '';
    };

    group = mkOption {
      type = types.str;
      default = "lucarne";
      example = "wheel";
      description = ''
        The group whose members may ask machines for something (`lucarne ctl`): they are as SYSTEM in
        Windows. It is made where it is not there.
      '';
    };

    machines = mkOption {
      type = types.attrsOf (types.submodule { imports = [ ./machine ]; });
      default = { };
      example = lib.literalExpression ''
        {
          office = {
            image = windows.makeBaseImage { … };
            dataDisk.sizeGiB = 100;
            network = { mode = "bridge"; bridge = "br0"; };
          };
        }
      '';
      description = ''
        Windows machines by their names: 1 to 40 small letters, digits and `-`. Each is the service
        `lucarne-NAME`.
      '';
    };
  };

  config.lucarne.tools = lib.mapAttrs (_: lib.mkDefault) tools;
}
