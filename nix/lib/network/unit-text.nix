# networkd.nix' values as the texts of files by their names, for who has networkd and no NixOS.
{ netdevs, networks }:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    isBool
    isList
    listToAttrs
    ;

  # In the order that systemd.network(5) has them, those of which there may be several as lists.
  sections = [
    [ "netdevConfig" "NetDev" ]
    [ "matchConfig" "Match" ]
    [ "linkConfig" "Link" ]
    [ "networkConfig" "Network" ]
    [ "addresses" "Address" ]
    [ "routes" "Route" ]
    [ "dhcpServerConfig" "DHCPServer" ]
    [ "dhcpServerStaticLeases" "DHCPServerStaticLease" ]
    [ "ipv6Prefixes" "IPv6Prefix" ]
    [ "bridgeConfig" "Bridge" ]
  ];

  word =
    value:
    if isBool value then
      (if value then "true" else "false")
    else
      toString value;
  lines = settings: map (key: "${key}=${word settings.${key}}\n") (attrNames settings);
  sectionOf = header: settings: "[${header}]\n${concatStringsSep "" (lines settings)}";
  text =
    unit:
    concatStringsSep "\n" (
      concatMap (
        section:
        let
          key = builtins.elemAt section 0;
          said = unit.${key} or [ ];
        in
        map (sectionOf (builtins.elemAt section 1)) (if isList said then said else [ said ])
      ) sections
    );
  files =
    ending: units:
    map (name: {
      name = "${name}.${ending}";
      value = text units.${name};
    }) (attrNames units);
in
listToAttrs (files "netdev" netdevs ++ files "network" networks)
