# The part of IPv4: { machines, subnet } -> { addressOf, moved, problems, router, subnet }.
{ machines, subnet }:
let
  inherit (builtins)
    any
    attrNames
    concatMap
    mapAttrs
    ;
  ipv4 = import ../ipv4.nix;
  slots = import ../slots.nix;
  inherit (import ../words.nix) ofMachine;

  some = condition: problem: if condition then [ problem ] else [ ];

  network = ipv4.parseNetwork subnet;
  isNetwork = !(network ? problem) && network.length <= 30 && network.address != network.last;
  # Of nobody yet, of each host's own, and from those of groups on (RFC 6890).
  reserved = map ipv4.parseNetwork [
    "0.0.0.0/8"
    "127.0.0.0/8"
    "224.0.0.0/3"
  ];
  router = if network.address == network.first then network.first + 1 else network.address;
  pin = name: ipv4.parse machines.${name}.address;

  slotted = slots {
    inherit network;
    gateway = router;
    # A pin that is no address is told, and takes nobody's place.
    machines = mapAttrs (
      name: said:
      if said.address == null then
        null
      else if pin name == null then
        network.first
      else
        pin name
    ) machines;
  };
  hasRoom = isNetwork && !(slotted ? missing);

  about = what: hint: {
    at = "ipv4.subnet";
    what = "`${toString subnet}` ${what}";
    inherit hint;
  };
  example = "write the router's address and the length of the prefix, such as `10.213.0.1/24`";
  ofSubnet =
    if network ? problem then
      [ (about network.problem example) ]
    else if network.length > 30 then
      [ (about "has no address for a machine" example) ]
    else if network.address == network.last then
      [ (about "is the subnet's address for all, and the router's too" example) ]
    else if any (ipv4.overlap network) reserved then
      [ (about "has addresses that no machine can have" example) ]
    else
      some (slotted ? missing) (
        about
          (
            "has no address for ${toString (slotted.missing or 0)} of its"
            + " ${toString (builtins.length (attrNames machines))} machines"
          )
          "take a larger subnet, or leave machines out with `enable = false`"
      );

  isMachines = address: network.first < address && address < network.last;
  ofPin =
    name:
    let
      address = pin name;
      pinned = what: {
        at = ofMachine name "address";
        what = "`${machines.${name}.address}` ${what}";
        hint = "leave it out for one of the subnet's, or pin one that is free";
      };
    in
    if machines.${name}.address == null then
      [ ]
    else if address == null then
      [ (pinned "is no address of IPv4") ]
    else if !isNetwork then
      [ ]
    else if !isMachines address then
      [ (pinned "is no machine's in the subnet `${subnet}`") ]
    else
      some (address == router) (pinned "is the router's");
in
{
  addressOf =
    name:
    if machines.${name}.address != null then
      machines.${name}.address
    else if hasRoom then
      ipv4.format slotted.addresses.${name}
    else
      null;
  moved = if hasRoom then slotted.moved else [ ];
  problems = ofSubnet ++ concatMap ofPin (attrNames machines);

  # As ipv4.nix has them.
  subnet = if isNetwork then network else null;
  router = if isNetwork then router else null;
}
