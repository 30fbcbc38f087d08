# dnsmasq's configuration for a network: leases by the cards' addresses, router advertisements, names.
# It gives nothing to a card that it does not know.
net:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    filter
    length
    ;
  ipv4 = import ./ipv4.nix;
  ipv6 = import ./ipv6.nix;
  inherit (net) registry;
  machines = map (name: registry.machines.${name}) (attrNames registry.machines);

  some = condition: list: if condition then list else [ ];
  known = filter (value: value != null);
  words = list: concatStringsSep "," (known list);
  bracketed = address: if address == null then null else "[${address}]";

  isV4 = registry.subnet != null;
  isV6 = registry.link != null;
  lease = toString net.leaseTimeSec;
  # As dnsmasq has it by itself.
  usual = 1000;
  most = if 2 * length machines > usual then 2 * length machines else usual;

  names =
    [
      # What has no dot and is no machine's is nobody's, nor are private addresses.
      "domain-needed"
      "bogus-priv"
      # Of the host's names some are 127.0.0.2.
      "no-hosts"
      "domain=${net.domain}"
      "local=/${net.domain}/"
    ]
    ++ some (net.dnsServers != [ ]) ([ "no-resolv" ] ++ map (server: "server=${server}") net.dnsServers)
    ++ map (
      machine:
      "host-record="
      + words [
        "${machine.hostName}.${net.domain}"
        machine.hostName
        machine.address
        machine.address6
      ]
    ) (filter (machine: machine.address != null || machine.address6 != null) machines);

  servers4 = filter (server: ipv4.parse server != null) net.dnsServers;
  servers6 = filter (server: ipv6.parse server != null) net.dnsServers;
  leases =
    [
      "dhcp-authoritative"
      "dhcp-leasefile=${net.leaseFile}"
      "dhcp-lease-max=${toString most}"
    ]
    ++ some isV4 [
      "dhcp-range=${ipv4.format registry.subnet.first},static,${ipv4.netmask registry.subnet},${lease}"
      "dhcp-option=option:router,${net.router}"
    ]
    ++ some isV6 [
      # Routed machines reach nobody without the router.
      (
        "dhcp-range=${ipv6.format registry.link.groups},static,"
        + (if net.mode == "routed" then "off-link," else "")
        + "${toString registry.link.length},${lease}"
      )
      "enable-ra"
    ]
    # Without names of its own it tells others' servers.
    ++ some (net.domain == null && servers4 != [ ]) [
      "dhcp-option=option:dns-server,${words servers4}"
    ]
    ++ some (net.domain == null && isV6 && servers6 != [ ]) [
      "dhcp-option=option6:dns-server,${words (map bracketed servers6)}"
    ]
    ++ map (
      machine:
      "dhcp-host="
      + words [
        machine.mac
        machine.address
        (bracketed machine.address6)
        # Alone, names such as `ignore`, `7d` or `100` would be words of dnsmasq's own.
        (if net.domain == null then null else "${machine.hostName}.${net.domain}")
      ]
    ) machines;
in
concatStringsSep "\n" (
  [
    # On these interfaces, which may come later, and on no other one.
    "bind-dynamic"
    "except-interface=lo"
    "pid-file=${net.pidFile}"
  ]
  ++ map (interface: "interface=${interface}") net.interfaces
  ++ (if net.domain == null then [ "port=0" ] else names)
  ++ some net.dhcp leases
)
+ "\n"
