# What networkd has of a network, in NixOS' words for it (`systemd.network`): { netdevs, networks }.
# The first file that matches an interface is its own: these come before those of other modules.
net:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    listToAttrs
    ;
  ipv6 = import ./ipv6.nix;
  inherit (net) registry;
  inherit (registry) machines;

  some = condition: list: if condition then list else [ ];
  set = condition: attributes: if condition then attributes else { };

  isServer = net.server == "networkd";
  routers =
    some (registry.subnet != null) [ "${net.router}/${toString registry.subnet.length}" ]
    ++ some (registry.link != null) [ "${net.router6}/${toString registry.link.length}" ];

  # Of a host without guests nobody waits for.
  notWaitedFor.RequiredForOnline = false;

  bridge = {
    matchConfig.Name = net.bridge;
    networkConfig = {
      # It has its addresses before the first machine has a carrier.
      ConfigureWithoutCarrier = true;
      IPv6AcceptRA = false;
    }
    // names
    // set isServer { DHCPServer = true; }
    // set (isServer && registry.link != null) { IPv6SendRA = true; };
    linkConfig = notWaitedFor;
    addresses = map (address: { Address = address; }) routers;
  }
  // set isServer {
    dhcpServerConfig = {
      DefaultLeaseTimeSec = net.leaseTimeSec;
    }
    // set (net.dnsServers != [ ]) { DNS = net.dnsServers; };
    dhcpServerStaticLeases = concatMap (
      name:
      some (machines.${name}.address != null) [
        {
          MACAddress = machines.${name}.mac;
          Address = machines.${name}.address;
        }
      ]
    ) (attrNames machines);
  }
  // set (isServer && registry.link != null) {
    ipv6Prefixes = [ { Prefix = "${ipv6.format registry.link.groups}/${toString registry.link.length}"; } ];
  };

  # systemd-resolved, where the host has it, asks the server on this link for these names alone.
  names = set (net.domain != null) {
    DNS = net.router;
    Domains = "~${net.domain}";
    DNSDefaultRoute = false;
  };

  ports = {
    matchConfig.Name = concatStringsSep " " net.taps;
    networkConfig.Bridge = net.bridge;
    linkConfig = notWaitedFor;
  }
  // set net.isolation { bridgeConfig.Isolated = true; };

  # Of a machine that is routed to the host has no more than its one address. What the machine takes
  # for its neighbours the host answers for.
  routed =
    name:
    let
      inherit (machines.${name}) address address6 tap;
    in
    {
      matchConfig.Name = tap;
      networkConfig = {
        IPv6AcceptRA = false;
        IPv4ProxyARP = true;
      };
      linkConfig = notWaitedFor;
      # A server of DHCP looks for its subnet among them; no route may lead to all of it.
      addresses = map (router: {
        Address = router;
        AddPrefixRoute = false;
      }) routers;
      routes =
        some (address != null) [ { Destination = "${address}/32"; } ]
        ++ some (address6 != null) [ { Destination = "${address6}/128"; } ];
    };

  file = name: "05-lucarne-${name}";
in
if net.mode == "routed" then
  {
    netdevs = { };
    networks = listToAttrs (
      map (name: {
        name = file machines.${name}.tap;
        value = routed name;
      }) (attrNames machines)
    );
  }
else
  {
    netdevs.${file net.bridge}.netdevConfig = {
      Kind = "bridge";
      Name = net.bridge;
    };
    networks = {
      ${file net.bridge} = bridge;
    }
    # Without a name it would match whatever there is.
    // set (net.taps != [ ]) { ${file "${net.bridge}-ports"} = ports; };
  }
