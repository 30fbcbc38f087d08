# What makes an instance itself. It is done once, and again when it or the image changes.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.identity = {
    hostName = mkOption {
      type = types.nullOr (types.strMatching "[a-zA-Z0-9-]{1,15}");
      default = null;
      example = "OFFICE";
      description = ''
        The computer's name. Null is the image's.
      '';
    };

    domainJoin = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/run/secrets/office-domain";
      description = ''
        A secret file with what `djoin /provision /printblob` wrote: the domain to join, without a
        network. Null is none.
      '';
    };

    certificates = mkOption {
      default = [ ];
      example = [
        {
          store = "Root";
          file = "/etc/ssl/certs/company.pem";
        }
      ];
      description = ''
        Certificates to trust or to have.
      '';
      type = types.listOf (
        types.submodule {
          options = {
            store = mkOption {
              type = types.str;
              example = "Root";
              description = ''
                The computer's store, such as `Root` or `My`.
              '';
            };
            file = mkOption {
              type = types.nullOr types.path;
              default = null;
              example = "/etc/ssl/certs/company.pem";
              description = ''
                The file that holds it, which everybody may read. Null: `secretFile` does.
              '';
            };
            secretFile = mkOption {
              type = types.nullOr types.path;
              default = null;
              example = "/run/secrets/client.pfx";
              description = ''
                The secret file that holds it, with its key perhaps. Null: `file` does.
              '';
            };
          };
        }
      );
    };

    sid = mkOption {
      type = types.enum [
        "shared"
        "own"
      ];
      default = "shared";
      example = "own";
      description = ''
        Whether the security identifier is the image's, or the machine's own, which Sysprep makes.
      '';
    };
  };
}
