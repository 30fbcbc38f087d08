# What is said of one machine of the network.
{ lib, name, ... }:
let
  inherit (lib) mkOption types;
  maybe =
    type: example: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit description example;
    };
in
{
  options = {
    enable = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        Whether it is on this network.
      '';
    };
    hostName = mkOption {
      type = types.str;
      default = name;
      defaultText = lib.literalMD "the machine's name";
      example = "www";
      description = ''
        What it is called in the network, before the domain.
      '';
    };
    address = maybe types.str "10.213.0.10" ''
      Its address of IPv4, which stays whoever comes or goes. Null is one that the name leads to.
    '';
    address6 = maybe types.str "fd12:3456:789a::10" ''
      Its address of IPv6. Null is one made of the name.
    '';
    mac =
      maybe (types.strMatching "[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}") "52:54:00:12:34:56"
        ''
          Its card's address. Null is one made of the name, or for a Windows machine its `network.mac`.
        '';
    tap = maybe types.str "vm-office" ''
      Its interface on the host, at most 15 bytes. Null is one made of the name, or for a Windows
      machine its `network.tap`.
    '';
    cid = maybe (types.ints.between 3 4294967294) 3 ''
      Its address for vsock. Null is one made of the name.
    '';
  };
}
