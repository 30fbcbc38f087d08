# The bridge, what is put on it, and the host's part in it: addresses, names, the way out.
{
  config,
  lib,
  options,
  ...
}:
let
  cfg = config.lucarne.microvm.host;
  inherit (cfg.network) basic nat;
  address = lib.head (lib.splitString "/" basic.ipv4Subnet);
  interfaces = [
    basic.name
    basic.tapTagMatch
  ];
  isWaitedFor = import ../is-waited-for.nix;
  # NixOS has the one or the other.
  listensToGuests =
    if options.services.resolved ? settings then
      { settings.Resolve.DNSStubListenerExtra = [ address ]; }
    else
      { extraConfig = "DNSStubListenerExtra=${address}"; };
in
{
  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        networking.nat = lib.mkIf nat.enable {
          enable = true;
          enableIPv6 = true;
          internalInterfaces = [ basic.name ];
          inherit (nat) externalInterface;
        };
      }

      (lib.mkIf basic.enable {
        # Without it there are only files that nobody reads.
        systemd.network.enable = true;
        # Where no network of networkd's leads outside, its waiting for one would end in a failure.
        systemd.network.wait-online.enable = lib.mkIf (
          !lib.any isWaitedFor (lib.attrValues config.systemd.network.networks)
        ) (lib.mkDefault false);

        systemd.network.netdevs."10-${basic.name}".netdevConfig = {
          Kind = "bridge";
          Name = basic.name;
        };
        systemd.network.networks."10-${basic.name}" = {
          matchConfig.Name = basic.name;
          networkConfig = {
            # It has its addresses before the first guest has a carrier.
            ConfigureWithoutCarrier = true;
            DHCPServer = true;
            IPv6AcceptRA = false;
            IPv6SendRA = true;
          };
          dhcpServerConfig = lib.mkIf basic.dns { DNS = [ address ]; };
          # Nor is the host offline where no guest runs.
          linkConfig.RequiredForOnline = false;
          addresses = [
            { Address = basic.ipv4Subnet; }
            { Address = "${basic.ipv6Prefix}1/64"; }
          ];
          ipv6Prefixes = [ { Prefix = "${basic.ipv6Prefix}/64"; } ];
        };
        systemd.network.networks."11-${basic.name}" = {
          matchConfig.Name = basic.tapTagMatch;
          networkConfig.Bridge = basic.name;
          linkConfig.RequiredForOnline = false;
        };

        # DHCP asks here, and so do names.
        networking.firewall.interfaces.${basic.name} = {
          allowedUDPPorts = [ 67 ] ++ lib.optional basic.dns 53;
          allowedTCPPorts = lib.optional basic.dns 53;
        };

        # They would take the bridge and each guest's interface for networks of their own.
        networking.networkmanager.unmanaged = map (name: "interface-name:${name}") interfaces;
        networking.dhcpcd.denyInterfaces = interfaces;

        services.resolved = lib.mkIf basic.dns ({ enable = true; } // listensToGuests);
      })
    ]
  );
}
