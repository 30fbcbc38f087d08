# Addresses of IPv4 as numbers, and networks as { address, length, first, last }: the address that
# was written, the length of the prefix, and the numbers it spans.
let
  inherit (builtins)
    concatStringsSep
    elemAt
    foldl'
    fromJSON
    isString
    match
    ;
  inherit (import ./numbers.nix) power rest;

  byte = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  dotted = "${byte}\\.${byte}\\.${byte}\\.${byte}";
  matched = pattern: text: if isString text then match pattern text else null;
in
rec {
  # The number, or null.
  parse =
    text:
    let
      parts = matched dotted text;
    in
    if parts == null then null else foldl' (n: part: n * 256 + fromJSON part) 0 parts;

  format =
    n:
    concatStringsSep "." (
      map (of: toString (rest (n / of) 256)) [
        16777216
        65536
        256
        1
      ]
    );

  # `10.0.0.1/24` -> the network, or { problem }.
  parseNetwork =
    text:
    let
      parts = matched "([0-9.]{7,15})/(3[0-2]|[12]?[0-9])" text;
      address = if parts == null then null else parse (elemAt parts 0);
    in
    if address == null then
      { problem = "is no address of IPv4 with the length of a prefix"; }
    else
      span address (fromJSON (elemAt parts 1));

  span =
    address: length:
    let
      many = power 2 (32 - length);
    in
    rec {
      inherit address length;
      first = address - rest address many;
      last = first + many - 1;
    };

  netmask = net: format (power 2 32 - power 2 (32 - net.length));

  contains = net: address: net.first <= address && address <= net.last;
  overlap = one: other: one.first <= other.last && other.first <= one.last;
}
