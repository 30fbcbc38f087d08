# The network against what else the host has: its own networks, its bridges, its server of names.
{ config, lib, ... }:
told:
let
  cfg = config.lucarne.network;
  inherit (cfg) plan;
  ipv4 = import ../../lib/network/ipv4.nix;
  ipv6 = import ../../lib/network/ipv6.nix;

  # { text, at } of each address that is said of an interface.
  ofInterfaces = lib.concatLists (
    lib.mapAttrsToList (
      name: interface:
      map (it: {
        text = "${it.address}/${toString it.prefixLength}";
        at = "networking.interfaces.${name}";
      }) (interface.ipv4.addresses or [ ] ++ interface.ipv6.addresses or [ ])
    ) config.networking.interfaces
  );
  ofTunnels = lib.concatLists (
    lib.mapAttrsToList (
      name: tunnel:
      map (text: {
        inherit text;
        at = "networking.wireguard.interfaces.${name}";
      }) (tunnel.ips or [ ])
    ) (config.networking.wireguard.interfaces or { })
    ++ lib.mapAttrsToList (
      name: tunnel:
      map (text: {
        inherit text;
        at = "networking.wg-quick.interfaces.${name}";
      }) (tunnel.address or [ ])
    ) (config.networking.wg-quick.interfaces or { })
  );
  listed = value: if builtins.isList value then value else [ value ];
  addressOf = it: toString (it.Address or it.addressConfig.Address or "");
  foreign = removeAttrs config.systemd.network.networks (lib.attrNames plan.networkd.networks);
  ofNetworkd = lib.concatLists (
    lib.mapAttrsToList (
      name: network:
      map (text: {
        inherit text;
        at = "systemd.network.networks.${name}";
      }) (
        network.address or [ ]
        ++ map addressOf (network.addresses or [ ])
        ++ listed (network.networkConfig.Address or [ ])
      )
    ) foreign
  );
  # Of one without a length at least the address itself is the host's.
  with4 = text: ipv4.parseNetwork (if ipv4.parse text == null then text else "${text}/32");
  with6 = text: ipv6.parseAddress (if ipv6.parse text == null then text else "${text}/128");
  isIpv4 = text: !(with4 text ? problem);
  # What is neither is told by whoever reads it.
  meets =
    { text, ... }:
    if isIpv4 text then
      plan.registry.subnet != null && ipv4.overlap (with4 text) plan.registry.subnet
    else
      plan.registry.prefix != null
      && with6 text != null
      && ipv6.overlap (with6 text) plan.registry.prefix;
  ofNetworks = map (
    { text, at }:
    let
      is4 = isIpv4 text;
    in
    told (if is4 then "ipv4.subnet" else "ipv6.prefix")
      "`${if is4 then cfg.ipv4.subnet else cfg.ipv6.prefix}` and `${text}` of `${at}` overlap"
      "packets to one of them would go astray: take another one, such as ${
        if is4 then "`172.29.83.1/24`" else "`fd83:29ac:5d01::/64`"
      }"
  ) (lib.filter meets (ofInterfaces ++ ofTunnels ++ ofNetworkd));

  netdevs = removeAttrs config.systemd.network.netdevs (lib.attrNames plan.networkd.netdevs);
  bridges =
    lib.attrNames config.networking.bridges
    ++ lib.mapAttrsToList (_: netdev: netdev.netdevConfig.Name or "") netdevs;
  ofBridge = lib.optional (cfg.mode == "bridged" && lib.elem cfg.bridge bridges) (
    told "bridge" "`${cfg.bridge}` is made by something else of this configuration too"
      "name another one: this one has the network's own addresses"
  );

  dnsmasq = config.services.dnsmasq or { };
  settings = dnsmasq.settings or { };
  # NixOS makes a list of each.
  isOn = setting: lib.elem (settings.${setting} or false) [ true [ true ] ];
  takesAll = dnsmasq.enable or false && !(isOn "bind-interfaces" || isOn "bind-dynamic");
  ofDnsmasq = lib.optional (takesAll && plan.dnsmasq != null && cfg.dns.enable) (
    told "dns.enable" "`services.dnsmasq` answers at each of the host's addresses, and leaves none"
      "set `services.dnsmasq.settings.bind-dynamic = true`, or leave one of them out"
  );
in
ofNetworks ++ ofBridge ++ ofDnsmasq
