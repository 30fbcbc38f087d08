# What Windows is told at each start, beside passwords and addresses.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.guest = {
    folders = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "D:\\Work" ];
      description = ''
        Folders that are to be there, absolute paths in Windows.
      '';
    };

    smbShares = mkOption {
      type = types.listOf (types.attrsOf types.anything);
      default = [ ];
      example = [
        {
          name = "Work";
          path = "D:\\Work";
          grants.alice = "full";
        }
      ];
      description = ''
        Folders that Windows shares, as the step `share` of an image has them; made after passwords
        are set. A share of the image's own is there as soon as Windows is, with the image's
        passwords.
      '';
    };

    scripts = mkOption {
      type = types.listOf (types.attrsOf types.anything);
      default = [ ];
      example = [ { powerShell.text = "Set-Date"; } ];
      description = ''
        Scripts that run, in this order: steps of the kinds `powerShell` and `cmd`, as an image has
        them.
      '';
    };

    ssh.enable = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        Whether the SSH server is started once the settings are applied, where the image has one.
      '';
    };

    rdp.enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether Remote Desktop is started once the settings are applied.
      '';
    };
  };
}
