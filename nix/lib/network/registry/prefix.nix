# The part of IPv6: { machines, prefix } -> { addressOf, problems, prefix, link, router6 }. Of a prefix
# that is shorter than 64 bits machines have the first 64, which is as much as advertisements and
# servers have on one link. The router's address is the first one.
{ machines, prefix }:
let
  inherit (builtins)
    any
    attrNames
    concatMap
    elem
    genList
    ;
  ipv6 = import ../ipv6.nix;
  names = import ../names.nix;
  inherit (import ../words.nix) ofMachine quoted;

  some = condition: problem: if condition then [ problem ] else [ ];
  zeros = genList (_: 0);

  network = ipv6.parseNetwork prefix;
  isNetwork = prefix != null && !(network ? problem) && network.length <= 120;
  link = network // {
    length = if network.length < 64 then 64 else network.length;
  };
  # Of each host's own and of IPv4's, of one wire's, of groups (RFC 4291, 2.4).
  reserved = map ipv6.parseNetwork [
    "::/8"
    "fe80::/10"
    "ff00::/8"
  ];
  linkText = "${ipv6.format link.groups}/${toString link.length}";
  at = groups: ipv6.join network (zeros 4 ++ groups);
  lowest = n: at (zeros 3 ++ [ n ]);
  router6 = lowest 1;

  said = name: machines.${name}.address6;
  groupsOf =
    name: if said name == null then at (names.interfaceId name) else ipv6.parse (said name);
  addressOf =
    name:
    if said name != null && groupsOf name == null then
      said name
    else if said name != null || isNetwork then
      ipv6.format (groupsOf name)
    else
      null;

  about = what: hint: [
    {
      at = "ipv6.prefix";
      what = "`${toString prefix}` ${what}";
      inherit hint;
    }
  ];
  ofPrefix =
    if prefix == null then
      [ ]
    else if network ? problem then
      about network.problem
        "write the bits that all addresses begin with and their number, such as `fd12:3456:789a::/64`"
    else if !isNetwork then
      about "leaves fewer than 8 bits to machines" "take a shorter prefix, best one of 64 bits"
    else if any (ipv6.overlap link) reserved then
      about "has addresses that no machine can have" "take one of your own, such as `fd12:3456:789a::/64`"
    else
      [ ];

  ofOne =
    name:
    let
      problem = what: hint: {
        at = ofMachine name "address6";
        what = "`${toString (addressOf name)}` ${what}";
        inherit hint;
      };
      another = "name another one, such as ${
        quoted name "address6" (ipv6.format (lowest 240))
      }";
    in
    if said name != null && groupsOf name == null then
      [ (problem "is no address of IPv6" "leave it out for one of the prefix") ]
    else if said name != null && prefix == null then
      [ (problem "is of no prefix" "leave it out, or set `lucarne.network.ipv6.prefix`") ]
    else if !isNetwork then
      [ ]
    else if !ipv6.contains link (groupsOf name) then
      [ (problem "is not in the prefix `${linkText}`" another) ]
    else
      some (elem (groupsOf name) [
        (lowest 0)
        router6
      ]) (problem "is the router's" another);
in
{
  inherit addressOf;
  problems = ofPrefix ++ concatMap ofOne (attrNames machines);

  # As ipv6.nix has them.
  prefix = if isNetwork then network else null;
  link = if isNetwork then link else null;
  router6 = if isNetwork then router6 else null;
}
