# The registry of a network: what each of its machines is called and has, and what is wrong with that.
#
#   subnet     the router's address and the length of the subnet's prefix, such as `10.0.0.1/24`; of the
#              subnet's own address the next one is the router's
#   prefix     IPv6's, such as `fd12:3456:789a::/64`, or null
#   machines   by name: { tapPrefix, hostName, mac, tap, cid, address, address6 }, where null is
#              made of the name
#
# -> { machines, moved, problems, subnet, router, prefix, link, router6 }. A problem is { at, what, hint }
# below `lucarne.network`; what is wrong or has no place has no address, which is null.
{
  subnet,
  prefix ? null,
  machines,
}:
let
  names = import ../names.nix;
  lower = import ../../lower.nix;

  ofSubnet = import ./subnet.nix { inherit machines subnet; };
  ofPrefix = import ./prefix.nix { inherit machines prefix; };

  else' = other: value: if value == null then other else value;
  values = builtins.mapAttrs (name: said: {
    inherit (said) hostName;
    mac = lower (builtins.replaceStrings [ "-" ] [ ":" ] (else' (names.mac name) said.mac));
    tap = else' (names.tap said.tapPrefix name) said.tap;
    cid = else' (names.cid name) said.cid;
    address = ofSubnet.addressOf name;
    address6 = ofPrefix.addressOf name;
  }) machines;
in
{
  machines = values;
  inherit (ofSubnet) moved router subnet;
  inherit (ofPrefix) link prefix router6;
  problems =
    ofSubnet.problems
    ++ ofPrefix.problems
    ++ import ./words.nix values
    ++ import ./unique.nix { inherit machines values; };
}
