# What a host is told of the network that its guests share.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  gateway = config.networking.defaultGateway;
in
{
  options.lucarne.microvm.host = {
    enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether the host has what guests of microvm.nix need of it. That project's own module is
        imported beside this one.
      '';
    };

    network.nat = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether guests reach what the host reaches, behind its addresses, by IPv4 and IPv6.
        '';
      };

      externalInterface = mkOption {
        type = types.nullOr types.str;
        default = if gateway == null then null else gateway.interface;
        defaultText = lib.literalExpression "config.networking.defaultGateway.interface or null";
        example = "enp2s0";
        description = ''
          The interface that leads outside. Null is whichever the host's routes choose.
        '';
      };
    };

    network.basic = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether networkd makes a bridge that guests' TAP interfaces are put on, with addresses by
          DHCP and router advertisements.
        '';
      };

      name = mkOption {
        type = types.str;
        default = "microvm";
        example = "br-guests";
        description = ''
          The bridge's name, at most 15 bytes.
        '';
      };

      tapTagMatch = mkOption {
        type = types.str;
        default = "vm*";
        example = "vmch-*";
        description = ''
          Which interfaces are put on the bridge, as networkd's `Name=` matches them.
        '';
      };

      ipv4Subnet = mkOption {
        type = types.str;
        default = "10.213.0.1/24";
        example = "192.168.83.1/24";
        description = ''
          The bridge's own address and the length of its network's prefix. Guests get the others.
        '';
      };

      ipv6Prefix = mkOption {
        type = types.str;
        default = "fd12:3456:789a::";
        example = "fd00:1:2:3::";
        description = ''
          The 64 bits that guests' addresses begin with, up to `::`. The host's ends with 1.
        '';
      };

      dns = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether guests ask the host for names: systemd-resolved listens on the bridge, and DHCP
          says so. Else they are told the servers that networkd knows.
        '';
      };
    };

    qemu-bridge-fix = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether QEMU's bridge helper has one capability instead of root's rights. NixOS refuses it
        with both, which it has where libvirtd is enabled too.
      '';
    };
  };
}
