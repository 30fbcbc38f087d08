# Secrets, each a file of the host's that systemd reads when the machine starts, and keys, which are
# none.
{ lib, config, ... }:
let
  inherit (lib) mkOption types;
  facts = import ../facts.nix config.image;

  keys = mkOption {
    type = types.listOf types.str;
    default = [ ];
    example = [ "ssh-ed25519 AAAA… alice@home" ];
    description = ''
      Public keys that may log on by SSH, a line of `authorized_keys` each.
    '';
  };
in
{
  options.credentials = {
    adminAccount = mkOption {
      type = types.str;
      default = facts.administrator;
      defaultText = lib.literalMD "the first of the image's administrators, else `Administrator`";
      example = "alice";
      description = ''
        The account of the image's that `adminPassword` and `authorizedKeys` are for.
      '';
    };

    adminPassword = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/run/secrets/office-password";
      description = ''
        A secret file with the password of `adminAccount`; one line end behind it is cut. Null leaves
        the image's.
      '';
    };

    authorizedKeys = keys;

    accounts = mkOption {
      default = { };
      example = {
        bob.password = "/run/secrets/bob";
      };
      description = ''
        The same for other accounts of the image's, by their names. `adminAccount` may be among them:
        it gets what is said of it at both places.
      '';
      type = types.attrsOf (
        types.submodule {
          options = {
            password = mkOption {
              type = types.nullOr types.path;
              default = null;
              example = "/run/secrets/bob";
              description = ''
                A secret file with its password. Null leaves the image's.
              '';
            };
            authorizedKeys = keys;
          };
        }
      );
    };
  };
}
