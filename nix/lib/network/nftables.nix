# The rules of a network's traffic: what nft reads between the braces of a table of the family `inet`.
net:
let
  inherit (builtins)
    concatMap
    concatStringsSep
    ;
  ipv4 = import ./ipv4.nix;
  ipv6 = import ./ipv6.nix;
  listenOf = import ./listen.nix;
  inherit (net) nat registry;

  some = condition: list: if condition then list else [ ];
  own = "@machines";
  quoted = text: "\"${text}\"";

  # A chain without rules is left out.
  chain =
    name: head: rules:
    some (rules != [ ]) (
      [ "chain ${name} {" ]
      ++ map (line: "  ${line}") ([ "type ${head}; policy accept;" ] ++ rules)
      ++ [ "}" ]
    );

  # To an address of the host's, by whatever way it came.
  toPort =
    but: forward:
    let
      port = "${forward.protocol} dport ${toString forward.port}";
      rule = family: word: address: to:
        "meta nfproto ${family} ${but.${word}}${address}${port} dnat ${word} to ${to}";
      listen = listenOf forward.listen;
      at =
        word: if listen.isAny then "fib daddr type local " else "${word} daddr ${listen.address} ";
      inherit (forward) address address6;
      machinePort = toString forward.machinePort;
    in
    some (address != null && listen.isIpv4) [
      (rule "ipv4" "ip" (at "ip") "${address}:${machinePort}")
    ]
    ++ some (address6 != null && listen.isIpv6) [
      (rule "ipv6" "ip6" (at "ip6") "[${address6}]:${machinePort}")
    ];
  forwards = concatMap (toPort { ip = ""; ip6 = ""; }) net.forwards;
  # What the host asks of itself by 127.0.0.1 has no way to a machine.
  fromHost = concatMap (toPort {
    ip = "ip daddr != 127.0.0.0/8 ";
    ip6 = "ip6 daddr != ::1 ";
  }) net.forwards;

  outside =
    if nat.externalInterface == null then
      "oifname != ${own}"
    else
      "oifname ${quoted nat.externalInterface}";
  masquerade =
    some (forwards != [ ]) [
      # Else a machine would hear another one answer in its own name.
      "iifname ${own} oifname ${own} ct status dnat masquerade"
    ]
    ++ some (nat.enable && registry.subnet != null) [
      (
        "ip saddr ${ipv4.format registry.subnet.first}/${toString registry.subnet.length}"
        + " ${outside} masquerade"
      )
    ]
    ++ some (nat.enable && registry.link != null) [
      "ip6 saddr ${ipv6.format registry.link.groups}/${toString registry.link.length} ${outside} masquerade"
    ];

  # The bridge keeps isolated machines apart, and here so does the router.
  apart = some net.isolation (
    some (forwards != [ ]) [ "ct status dnat accept" ]
    ++ [ "iifname ${own} oifname ${own} drop" ]
  );
in
concatStringsSep "\n" (
  [
    "set machines {"
    "  type ifname"
  ]
  ++ some (net.interfaces != [ ]) [
    "  elements = { ${concatStringsSep ", " (map quoted net.interfaces)} }"
  ]
  ++ [ "}" ]
  ++ chain "prerouting" "nat hook prerouting priority dstnat" forwards
  # `dstnat` is a word of the other chain alone.
  ++ chain "output" "nat hook output priority -100" fromHost
  ++ chain "postrouting" "nat hook postrouting priority srcnat" masquerade
  ++ chain "forward" "filter hook forward priority filter" apart
)
+ "\n"
