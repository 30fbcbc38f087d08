# What a host says of the network of its machines.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  flag =
    default: description:
    mkOption {
      type = types.bool;
      inherit default description;
      example = !default;
    };
in
{
  options.lucarne.network = {
    enable = flag false ''
      Whether the host has a network for its machines: `lucarne.machines` whose `network.mode` is
      `bridge`, and those of `microvm.vms`.
    '';

    mode = mkOption {
      type = types.enum [
        "bridged"
        "routed"
      ];
      default = "bridged";
      example = "routed";
      description = ''
        Whether machines are on one bridge, or each has an interface of the host's and a route to its
        one address.
      '';
    };

    bridge = mkOption {
      type = types.str;
      default = "lucarne";
      example = "br-machines";
      description = ''
        The bridge's name, at most 15 bytes. The host makes it.
      '';
    };

    ipv4.subnet = mkOption {
      type = types.str;
      default = "10.213.0.1/24";
      example = "172.20.0.1/16";
      description = ''
        The host's own address in the network and the length of the subnet's prefix, which may be any
        that leaves room for the machines.
      '';
    };

    ipv6.prefix = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "fd12:3456:789a::/64";
      description = ''
        The bits that all addresses of IPv6 begin with, and their number. The host's address is the
        first one. Null is no IPv6.
      '';
    };

    dhcp = {
      enable = flag true ''
        Whether machines are given their addresses, each its own. A card that is no machine's gets
        none of dnsmasq.
      '';
      leaseTimeSec = mkOption {
        type = types.ints.between 120 31536000;
        default = 43200;
        example = 3600;
        description = ''
          How many seconds an address is given for.
        '';
      };
    };

    dns = {
      enable = flag true ''
        Whether the host answers machines by name: their own ones, and others that it asks for.
      '';
      domain = mkOption {
        type = types.str;
        default = "vm.internal";
        example = "machines.example.org";
        description = ''
          What follows machines' names.
        '';
      };
      servers = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "192.0.2.53" ];
        description = ''
          The addresses of whom other names are asked of. None is whom the host itself asks. Without
          `dns.enable` machines are told of them.
        '';
      };
    };

    nat = {
      enable = flag false ''
        Whether machines reach what the host reaches, behind its addresses.
      '';
      externalInterface = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "enp2s0";
        description = ''
          The interface that leads outside. Null is whichever the host's routes choose.
        '';
      };
    };

    forwards = mkOption {
      default = [ ];
      example = [
        {
          port = 13389;
          machine = "office";
          machinePort = 3389;
        }
      ];
      description = ''
        Ports of the host's that lead to a machine.
      '';
      type = types.listOf (
        types.submodule {
          options = {
            port = mkOption {
              type = types.port;
              example = 13389;
              description = ''
                The host's port.
              '';
            };
            machine = mkOption {
              type = types.str;
              example = "office";
              description = ''
                The machine's name.
              '';
            };
            machinePort = mkOption {
              type = types.nullOr types.port;
              default = null;
              example = 3389;
              description = ''
                The machine's port. Null is the same as the host's.
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
            listen = mkOption {
              type = types.nullOr types.str;
              default = null;
              example = "192.0.2.1";
              description = ''
                The address of the host's that it is forwarded from. Null is each of them, and
                `0.0.0.0` and `::` are each of one family.
              '';
            };
          };
        }
      );
    };

    isolation = flag false ''
      Whether machines are kept apart from each other. They reach the host, and what `nat` or routes
      lead to.
    '';

    server = mkOption {
      type = types.enum [
        "auto"
        "networkd"
        "dnsmasq"
      ];
      default = "auto";
      example = "dnsmasq";
      description = ''
        What gives machines their addresses. `auto` is networkd where it suffices: without names, IPv6
        and routes, for at most 64 machines.
      '';
    };

    strictAddresses = flag false ''
      Whether it is an error, and not a warning, that a machine has another address of IPv4 than the one
      that its name leads to.
    '';

    machines = mkOption {
      type = types.attrsOf (types.submodule ./machine.nix);
      default = { };
      example = {
        office.address = "10.213.0.10";
      };
      description = ''
        What is said of machines by their names, where the name alone does not say it; and what else is
        on the bridge, by its `mac`.
      '';
    };
  };
}
