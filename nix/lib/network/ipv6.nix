# Addresses of IPv6 as eight groups of 16 bits, and networks as { groups, length }.
let
  inherit (builtins)
    all
    bitAnd
    bitOr
    concatMap
    concatStringsSep
    elemAt
    filter
    foldl'
    fromJSON
    genList
    head
    isString
    match
    split
    stringLength
    ;
  inherit (import ./numbers.nix) fromHex hex power;

  # `ffff:` eight times.
  longest = 39;
  parts = separator: text: filter isString (split separator text);
  groupsOf = text: if text == "" then [ ] else parts ":" text;
  isGroup = text: match "[0-9A-Fa-f]{1,4}" text != null;
  least = a: b: if a < b then a else b;

  # Of a group's 16 bits those that are the prefix'.
  mask =
    length: at:
    let
      bits = least 16 (length - 16 * at);
    in
    if bits <= 0 then 0 else 65536 - power 2 (16 - bits);

  # The longest run of two zeros or more, the first of equals: { from, many }.
  zeros =
    groups:
    let
      run =
        at: if at < 8 && elemAt groups at == 0 then 1 + run (at + 1) else 0;
      longer =
        best: at:
        let
          many = run at;
        in
        if many > best.many then { from = at; inherit many; } else best;
    in
    foldl' longer { from = 8; many = 1; } (genList (at: at) 8);
in
rec {
  # The groups, or null. Neither zones nor an end in IPv4's words.
  parse =
    text:
    let
      halves = parts "::" text;
      before = groupsOf (head halves);
      after = if builtins.length halves == 2 then groupsOf (elemAt halves 1) else [ ];
      written = before ++ after;
      missing = 8 - builtins.length written;
      isWhole = if builtins.length halves == 1 then missing == 0 else missing >= 1;
    in
    if
      !isString text
      || stringLength text > longest
      || builtins.length halves > 2
      || !all isGroup written
      || !isWhole
    then
      null
    else
      map fromHex (before ++ genList (_: "0") missing ++ after);

  # As RFC 5952 writes it.
  format =
    groups:
    let
      run = zeros groups;
      some = from: many: concatStringsSep ":" (genList (at: hex (elemAt groups (from + at))) many);
      end = run.from + run.many;
    in
    if run.from == 8 then some 0 8 else "${some 0 run.from}::${some end (8 - end)}";

  # An address with the length of its prefix, or null.
  parseAddress =
    text:
    let
      form = "([0-9A-Fa-f:]{2,39})/([1-9]?[0-9]|1[0-9]{2})";
      said = if isString text then match form text else null;
      groups = if said == null then null else parse (elemAt said 0);
      length = fromJSON (elemAt said 1);
    in
    if groups == null || length > 128 then null else { inherit groups length; };

  # `fd12:3456:789a::/64` -> the network, or { problem }.
  parseNetwork =
    text:
    let
      net = parseAddress text;
    in
    if net == null then
      { problem = "is no prefix of IPv6 with its length"; }
    else if join net (genList (_: 0) 8) != net.groups then
      { problem = "has bits behind its length"; }
    else
      net;

  # The prefix of a network, and behind it the bits of an address.
  join =
    net: groups:
    genList (
      at:
      let
        ours = mask net.length at;
      in
      bitOr (bitAnd ours (elemAt net.groups at)) (bitAnd (65535 - ours) (elemAt groups at))
    ) 8;

  contains = net: groups: join net groups == groups;

  overlap =
    one: other:
    let
      shorter = if one.length < other.length then one else other;
      longer = if one.length < other.length then other else one;
    in
    contains shorter longer.groups;
}
