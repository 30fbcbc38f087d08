# Where a forward is at: `listen` of it as packets have it, for one address may be written in many
# ways. null is each of the host's addresses, `0.0.0.0` and `::` are each of one family.
let
  ipv4 = import ./ipv4.nix;
  ipv6 = import ./ipv6.nix;
in
# -> { isAny, isIpv4, isIpv6, address }: what is no address is of no family.
listen:
let
  four = if listen == null then null else ipv4.parse listen;
  six = if listen == null then null else ipv6.parse listen;
in
rec {
  isIpv4 = listen == null || four != null;
  isIpv6 = listen == null || six != null;
  isAny = listen == null || four == 0 || six == ipv6.parse "::";
  address =
    if isAny then
      null
    else if six != null then
      ipv6.format six
    else
      listen;
}
