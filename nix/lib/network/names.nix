# What a machine's name alone decides, wherever it is evaluated: its card's address, its interface on
# the host, its address for vsock, the end of its address of IPv6, and the place in a subnet of
# IPv4 that is tried first. All of it is cut out of one hash, the SHA-256 of the name's bytes:
#
#   bytes 0 to 5      the card's address; two of the 48 bits are not the hash's
#   bytes 8 to 15     the interface identifier of IPv6; one of the 64 bits is not the hash's
#   bytes 16 to 19    the address for vsock
#   bytes 20 to 25    the place in a subnet of IPv4
#   bytes 26 to 31    what tells an interface apart whose name had to be cut
let
  inherit (builtins)
    bitAnd
    bitOr
    concatStringsSep
    filter
    genList
    hashString
    isString
    split
    substring
    ;
  inherit (import ./numbers.nix)
    digits
    fromHex
    power
    rest
    ;

  hashOf = hashString "sha256";
  # So many bytes of a hash, from one of them on.
  bytes = from: many: hash: substring (2 * from) (2 * many) hash;
  byte = at: hash: fromHex (bytes at 1 hash);

  isInterface = import ../machine/is-interface.nix;
  # Of a name what an interface may be called.
  plain = text: concatStringsSep "" (filter isString (split "[^a-zA-Z0-9_-]+" text));
in
rec {
  # 46 bits: of the first byte the lowest bit, set for groups, is off, and the next one, set for
  # addresses that no manufacturer gave, is on.
  mac =
    name:
    let
      hash = hashOf name;
      first = bitOr 2 (bitAnd 252 (byte 0 hash));
    in
    concatStringsSep ":" (
      [ (digits 16 2 first) ] ++ genList (at: bytes (at + 1) 1 hash) 5
    );

  # A name that is too long for Linux, or has characters that it does not take, is cut, and told
  # apart by 36 bits.
  tap =
    prefix: name:
    let
      whole = prefix + name;
      cut = substring 0 7 (prefix + plain name);
      tag = digits 36 7 (rest (fromHex (bytes 26 6 (hashOf name))) (power 36 7));
    in
    if isInterface whole then whole else "${cut}-${tag}";

  # 0 to 2 are the hypervisor's, the guest's and the host's, and the last one is anybody's.
  cid = name: 3 + rest (fromHex (bytes 16 4 (hashOf name))) (power 2 32 - 4);

  # Four groups of 16 bits, without the bit that stands for addresses of manufacturers (RFC 4291,
  # appendix A).
  interfaceId = name: interfaceIdOf (hashOf name);

  # Of a hash. One that is reserved gives way to what the hash's own hash gives.
  interfaceIdOf =
    hash:
    let
      first = bitAnd 253 (byte 8 hash);
      groups = [ (first * 256 + byte 9 hash) ] ++ map (at: fromHex (bytes at 2 hash)) [
        10
        12
        14
      ];
    in
    if isReserved groups then interfaceIdOf (hashOf hash) else groups;

  # What begins with 48 zeros is people's, such as the router's `::1`, and all zeros are any
  # router's (RFC 4291, 2.6.1). The highest 128 are anycast addresses (RFC 2526), and those of
  # RFC 5453 beside them have the bit that ours have not.
  isReserved =
    groups:
    let
      at = builtins.elemAt groups;
    in
    at 0 == 0 && at 1 == 0 && at 2 == 0
    || at 0 == 65023 && at 1 == 65535 && at 2 == 65535 && at 3 >= 65408;

  # A number from 0 to one less than `many`.
  slot = many: name: rest (fromHex (bytes 20 6 (hashOf name))) many;
}
