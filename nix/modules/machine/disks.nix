# The disk that is thrown away, and the one that stays.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    reset = mkOption {
      type = types.enum [
        "onStart"
        "onReboot"
        "never"
      ];
      default = "onStart";
      example = "never";
      description = ''
        When the system disk is thrown away: at each start of the machine, at each restart of Windows
        too, or when `lucarne ctl NAME reset` says so.
      '';
    };

    systemDisk.maxSizeGiB = mkOption {
      type = types.nullOr (types.ints.between 1 65536);
      default = null;
      example = 64;
      description = ''
        What the guest may write to the system disk until it is thrown away, in GiB. Null is what the
        host's disk has room for.
      '';
    };

    dataDisk = mkOption {
      default = null;
      example = {
        sizeGiB = 100;
      };
      description = ''
        A disk that stays. Windows formats it where it holds nothing, and nobody else ever. Null is
        none.
      '';
      type = types.nullOr (
        types.submodule {
          options = {
            sizeGiB = mkOption {
              type = types.ints.between 1 65536;
              example = 100;
              description = ''
                Its size in GiB. The file grows as it is written to. The disk may grow, and never
                shrinks.
              '';
            };

            path = mkOption {
              type = types.nullOr types.str;
              default = null;
              example = "/srv/lucarne/office/data.qcow2";
              description = ''
                Its file, where that is not to lie in the machine's state folder. The folder that it
                is in is made for the machine and becomes the machine's own: name one that holds
                nothing else.
              '';
            };

            letter = mkOption {
              type = types.strMatching "[D-Z]";
              default = "D";
              example = "E";
              description = ''
                Its drive letter.
              '';
            };

            label = mkOption {
              type = types.str;
              default = "Data";
              example = "Work";
              description = ''
                Its name in Windows when it is made, at most 32 characters.
              '';
            };
          };
        }
      );
    };
  };
}
