# The network card, what it is connected to, and its addresses.
{
  config,
  lib,
  name,
  ...
}:
let
  inherit (lib) mkOption types;
  names = import ../../lib/network/names.nix;

  # What Windows is told of the card, or asks DHCP for.
  ofCard =
    example: description:
    mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ example ];
      inherit description;
    };
in
{
  options.network = {
    mode = mkOption {
      type = types.enum [
        "user"
        "bridge"
        "none"
      ];
      default = "user";
      example = "bridge";
      description = ''
        What the card is connected to: a network behind the host that needs no rights, a bridge of the
        host's, or nothing.
      '';
    };

    bridge = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "br0";
      description = ''
        With the mode `bridge`: the bridge that the machine is on.
      '';
    };

    bridgeIsElsewhere = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether something other than this configuration makes the bridge, so that it is not missed
        here.
      '';
    };

    tap = mkOption {
      type = types.str;
      default = names.tap "vm-" name;
      defaultText = lib.literalMD "`vm-NAME`, where that is too long cut and with a hash behind";
      example = "vm-office";
      description = ''
        With the mode `bridge`: the TAP interface, at most 15 bytes. It is made before the machine
        starts and removed after it, and nothing else may have its name.
      '';
    };

    mac = mkOption {
      type = types.nullOr (types.strMatching "([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}");
      default = if config.network.mode == "bridge" then names.mac name else null;
      defaultText = lib.literalMD "with the mode `bridge` made of the machine's name";
      example = "52:54:00:12:34:56";
      description = ''
        The card's address. Null is one made from the names of the machine and its image.
      '';
    };

    ssh = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        With the mode `user`: whether a free port of 127.0.0.1 leads to the guest's port 22, for
        `lucarne ctl NAME ssh`.
      '';
    };

    forwardPorts = mkOption {
      default = [ ];
      example = [
        {
          hostPort = 13389;
          guestPort = 3389;
        }
      ];
      description = ''
        With the mode `user`: ports of the host's that lead to the guest.
      '';
      type = types.listOf (
        types.submodule {
          options = {
            address = mkOption {
              type = types.str;
              default = "127.0.0.1";
              example = "0.0.0.0";
              description = ''
                The host's address, of IPv4. Other hosts reach any but those that begin with 127.
              '';
            };
            hostPort = mkOption {
              type = types.port;
              example = 13389;
              description = ''
                The host's port, from 1024 on.
              '';
            };
            guestPort = mkOption {
              type = types.port;
              example = 3389;
              description = ''
                The guest's port.
              '';
            };
            protocol = mkOption {
              type = types.enum [
                "tcp"
                "udp"
              ];
              default = "tcp";
              example = "udp";
              description = ''
                What is forwarded.
              '';
            };
          };
        }
      );
    };

    addresses = ofCard "192.0.2.10/24" ''
      The card's addresses in Windows, each with the length of its network's prefix. None is
      DHCP's.
    '';

    gateways = ofCard "192.0.2.1" ''
      The routers to everywhere, at most one of IPv4 and one of IPv6. None is DHCP's.
    '';

    dnsServers = ofCard "192.0.2.53" ''
      The name servers' addresses, in this order. None is DHCP's.
    '';
  };
}
