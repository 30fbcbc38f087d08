# A network of machines, as a pure function of its settings: who has which address, and the texts of
# the programs that serve it. `lucarne.network` (nix/modules/network) hands it to NixOS; who has the
# programs and no NixOS writes `files` (docs/network.md).
#
# { machines = { office = { }; }; … } -> {
#   registry              registry/default.nix's
#   networkd, dnsmasq, nftables      values for systemd.network, texts or null
#   files                 the same as texts by the files' names
#   server                who gives addresses, or null
#   interfaces, taps      where machines are for the host, and the interfaces of each
#   ports                 what the firewall lets in there, as NixOS' has it
#   hosts                 names by their addresses
#   problems, warnings
# }
{
  # By name: what is said of each, null or absent where its name says it.
  machines,
  subnet ? "10.213.0.1/24",
  prefix ? null,
  # "bridged" or "routed".
  mode ? "bridged",
  bridge ? "lucarne",
  dhcp ? true,
  leaseTimeSec ? 43200,
  # What names end with, or null for none.
  domain ? "vm.internal",
  # Whom others' names are asked of. None is whom the host asks.
  dnsServers ? [ ],
  nat ? { },
  # { port, machine, machinePort ? port, protocol ? "tcp", listen ? null } each.
  forwards ? [ ],
  isolation ? false,
  # "auto", "networkd" or "dnsmasq".
  server ? "auto",
  strictAddresses ? false,
  leaseFile ? "/var/lib/lucarne-network/leases",
  pidFile ? "/run/lucarne-network/dnsmasq.pid",
}:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    concatStringsSep
    filter
    length
    mapAttrs
    ;
  ipv4 = import ./ipv4.nix;
  ipv6 = import ./ipv6.nix;
  words = import ./words.nix;

  silent = {
    tapPrefix = "vm-";
    mac = null;
    tap = null;
    cid = null;
    address = null;
    address6 = null;
  };
  said = mapAttrs (name: given: silent // { hostName = name; } // given) machines;
  registry = import ./registry {
    inherit prefix subnet;
    machines = said;
  };
  many = length (attrNames machines);

  # networkd's server knows nothing of names and of IPv6's addresses, and has a section for each
  # lease: with many of them dnsmasq's line is the better one.
  most = 64;
  needs =
    if domain != null then
      "names"
    else if mode == "routed" then
      "routed machines"
    else if prefix != null then
      "addresses of IPv6"
    else if many > most then
      "more than ${toString most} leases"
    else
      null;
  chosen =
    if !dhcp && domain == null then
      null
    else if server != "auto" then
      server
    else if needs == null then
      "networkd"
    else
      "dnsmasq";

  net = {
    inherit
      bridge
      dhcp
      dnsServers
      domain
      isolation
      leaseFile
      leaseTimeSec
      mode
      pidFile
      registry
      ;
    server = chosen;
    nat = {
      enable = false;
      externalInterface = null;
    }
    // nat;
    taps = map (machine: machine.tap) (attrValues registry.machines);
    interfaces = if mode == "routed" then net.taps else [ bridge ];
    router = if registry.router == null then null else ipv4.format registry.router;
    router6 = if registry.router6 == null then null else ipv6.format registry.router6;
    forwards = concatMap (
      forward:
      if machines ? ${forward.machine} then
        [
          (
            {
              protocol = "tcp";
              listen = null;
              machinePort = forward.port;
            }
            // forward
            // {
              inherit (registry.machines.${forward.machine}) address address6;
            }
          )
        ]
      else
        [ ]
    ) forwards;
  };

  nftables =
    if isolation || net.nat.enable || net.forwards != [ ] then import ./nftables.nix net else null;
  dnsmasq = if chosen == "dnsmasq" then import ./dnsmasq.nix net else null;
  networkd = import ./networkd.nix net;

  some = condition: list: if condition then list else [ ];
  names = some (domain != null) [ 53 ];
  isV6Server = chosen == "dnsmasq" && prefix != null;
  ports = {
    allowedUDPPorts = names ++ some dhcp ([ 67 ] ++ some isV6Server [ 547 ]);
    allowedTCPPorts = names;
  };

  pinned = name: words.line name "address" registry.machines.${name}.address;
  pins = concatStringsSep "\n" (map (name: "    ${pinned name}") registry.moved);
  moved = "another machine has the address that the name of ${
    concatStringsSep ", " (map (name: "`${name}`") registry.moved)
  } leads to, so that the one it has now may change when machines come or go";
  keep = "keep it:\n${pins}";
in
{
  inherit
    dnsmasq
    networkd
    nftables
    registry
    ;
  inherit (net) interfaces taps;
  inherit ports;
  server = chosen;

  files =
    import ./unit-text.nix networkd
    // (if dnsmasq == null then { } else { "dnsmasq.conf" = dnsmasq; })
    // (
      if nftables == null then
        { }
      else
        {
          # Whatever is there of an earlier one goes in the same step.
          "network.nft" =
            "table inet lucarne\ndelete table inet lucarne\ntable inet lucarne {\n${nftables}}\n";
        }
    );

  # Lines of /etc/hosts by their addresses.
  hosts =
    if domain == null then
      { }
    else
      mapAttrs (_: map (it: "${it.hostName}.${domain}")) (
        builtins.groupBy (it: it.at) (
          concatMap (
            machine:
            map (at: {
              inherit at;
              inherit (machine) hostName;
            }) (filter (at: at != null) [ machine.address machine.address6 ])
          ) (attrValues registry.machines)
        )
      );

  problems =
    registry.problems
    ++ import ./problems.nix {
      inherit
        domain
        forwards
        machines
        mode
        needs
        net
        ports
        ;
    }
    ++ (
      some (strictAddresses && registry.moved != [ ]) [
        {
          at = "strictAddresses";
          what = moved;
          hint = keep;
        }
      ]
    );
  warnings =
    if strictAddresses || registry.moved == [ ] then
      [ ]
    else
      [ "lucarne.network: ${moved}\n  hint: ${keep}" ];
}
