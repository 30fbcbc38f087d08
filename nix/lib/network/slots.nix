# Which address of a subnet of IPv4 is whose. An address that is pinned is its machine's. Of the others
# each has the place that its name's hash leads to; where several lead to one place, the first by
# name has it. Who is left looks for the next free place, one after another by name.
#
# So a machine that comes or goes changes no address but of those that had to move or have to now,
# and a pinned one never.
let
  inherit (builtins)
    attrNames
    attrValues
    filter
    foldl'
    groupBy
    head
    length
    listToAttrs
    removeAttrs
    ;
  names = import ./names.nix;
in
# { network, gateway }: ipv4.nix's; `machines` by name, each with its pinned number or null.
# -> { addresses, moved }, or { missing }: how many addresses are too few.
{
  network,
  gateway,
  machines,
}:
let
  free = filter (name: machines.${name} == null) (attrNames machines);
  pinned = removeAttrs machines free;

  # The network's own address, the one for all, and the gateway are nobody's.
  many = network.last - network.first - 2;
  addressAt =
    slot:
    let
      address = network.first + 1 + slot;
    in
    if address >= gateway then address + 1 else address;

  marks = addresses: listToAttrs (
    map (address: {
      name = toString address;
      value = true;
    }) addresses
  );
  pins = marks (attrValues pinned);

  homes = groupBy (it: toString it.slot) (
    map (name: {
      inherit name;
      slot = names.slot many name;
    }) free
  );
  # `groupBy` keeps the order, which is that of names.
  isFree = it: !(pins ? ${toString (addressAt it.slot)});
  winners = filter isFree (map head (attrValues homes));
  won = listToAttrs (
    map (it: {
      inherit (it) name;
      value = addressAt it.slot;
    }) winners
  );
  taken = pins // marks (attrValues won);
  moved = filter (name: !(won ? ${name})) free;

  next = slot: if slot + 1 == many then 0 else slot + 1;
  # Those that moved are few, and are kept apart: the large set is never copied.
  probe =
    placed: slot:
    let
      key = toString (addressAt slot);
    in
    if taken ? ${key} || placed.keys ? ${key} then probe placed (next slot) else addressAt slot;
  place =
    placed: name:
    let
      address = probe placed (next (names.slot many name));
    in
    {
      keys = placed.keys // {
        ${toString address} = true;
      };
      addresses = placed.addresses // {
        ${name} = address;
      };
    };
  placed = foldl' place {
    keys = { };
    addresses = { };
  } moved;

  # Of pinned addresses those that the others cannot have because of it. What else is wrong with one is
  # told by whoever pinned it.
  isUsable =
    address: network.first < address && address < network.last && address != gateway;
  used = length (filter isUsable (map builtins.fromJSON (attrNames pins)));
  room = if many < used then 0 else many - used;
  missing = length free - room;
in
if missing > 0 then
  { inherit missing; }
else
  {
    addresses = pinned // won // placed.addresses;
    inherit moved;
  }
