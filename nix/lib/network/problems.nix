# What is wrong with a network's settings beside its machines: { at, what, hint } each.
{
  domain,
  forwards,
  machines,
  mode,
  needs,
  net,
  # What the host itself answers its machines at.
  ports,
}:
let
  inherit (builtins)
    all
    attrValues
    concatMap
    elem
    elemAt
    filter
    genList
    groupBy
    head
    isString
    length
    split
    stringLength
    ;
  ipv4 = import ./ipv4.nix;
  ipv6 = import ./ipv6.nix;
  lower = import ../lower.nix;
  isLabel = import ./is-label.nix;
  isInterface = import ../machine/is-interface.nix;
  outside = net.nat.externalInterface;

  some = condition: problem: if condition then [ problem ] else [ ];

  isDomain =
    text:
    stringLength text <= 120
    && lower text == text
    && all isLabel (filter isString (split "\\." text));
  isAddress = text: ipv4.parse text != null || ipv6.parse text != null;

  isLoop =
    listen:
    let
      four = ipv4.parse listen;
    in
    four != null && ipv4.contains (ipv4.parseNetwork "127.0.0.0/8") four
    || ipv6.parse listen == ipv6.parse "::1";
  placeOf = forward: import ./listen.nix (forward.listen or null);

  takesOurs =
    forward:
    let
      place = placeOf forward;
      ours = if protocolOf forward == "udp" then ports.allowedUDPPorts else ports.allowedTCPPorts;
    in
    elem forward.port ours && (place.isAny || elem place.address [ net.router net.router6 ]);

  at = forward: "${protocolOf forward} ${toString forward.port}";
  protocolOf = forward: forward.protocol or "tcp";
  ofForward =
    forward:
    some (!(machines ? ${forward.machine})) {
      at = "forwards";
      what = "${at forward} leads to `${forward.machine}`, which is no machine of this network";
      hint = "name one of its machines, or leave it out";
    }
    ++ some ((forward.listen or null) != null && !isAddress forward.listen) {
      at = "forwards";
      what = "${at forward} is at `${toString forward.listen}`, which is no address";
      hint = "name an address of the host's, or leave it out for all of them";
    }
    ++ some ((forward.listen or null) != null && isLoop forward.listen) {
      at = "forwards";
      what = "${at forward} is at `${forward.listen}`, which has no way to a machine";
      hint = "name another address of the host's, or leave it out for all of them";
    }
    ++ some (!(placeOf forward).isIpv4 && (placeOf forward).isIpv6 && net.registry.link == null) {
      at = "forwards";
      what = "${at forward} is at `${forward.listen}`, and no machine has an address of IPv6";
      hint = "set `lucarne.network.ipv6.prefix`, or name an address of IPv4";
    }
    ++ some (elem 0 [ forward.port (forward.machinePort or forward.port) ]) {
      at = "forwards";
      what = "${at forward} leads to ${toString (forward.machinePort or forward.port)}: 0 is no port";
      hint = "ports are from 1 to 65535";
    }
    ++ some (takesOurs forward) {
      at = "forwards";
      what = "${at forward} is what machines ask the host itself by, and would no longer lead to it";
      hint = "name an address of the host's outside to `listen` on, or take another port";
    };

  # Whether one packet is for both: one of all of the host's addresses leaves nobody else its port.
  meet =
    one: other:
    let
      a = placeOf one;
      b = placeOf other;
    in
    (a.isIpv4 && b.isIpv4 || a.isIpv6 && b.isIpv6)
    && (a.isAny || b.isAny || a.address == b.address);
  # Of one port: each with the first of those before it that it meets.
  ofPort =
    same:
    concatMap (
      n:
      let
        it = elemAt same n;
        met = filter (meet it) (genList (elemAt same) n);
      in
      some (met != [ ]) {
        at = "forwards";
        what = "${at it} of the host leads to `${(head met).machine}` and to `${it.machine}`";
        hint = "give each a port, or an address to `listen` on, of its own";
      }
    ) (genList (n: n) (length same));
in
some (mode == "bridged" && !isInterface net.bridge) {
  at = "bridge";
  what = "`${net.bridge}` can be no interface's name";
  hint = "1 to 15 letters, digits and `-._` make one, such as `lucarne`";
}
++ some (mode == "bridged" && elem net.bridge net.taps) {
  at = "bridge";
  what = "`${net.bridge}` is the interface of a machine too";
  hint = "give one of them another name";
}
++ some (outside != null && !isInterface outside) {
  at = "nat.externalInterface";
  what = "`${outside}` can be no interface's name";
  hint = "name it as `ip link` does, or leave it out for whichever the host's routes choose";
}
++ some (domain != null && !isDomain domain) {
  at = "dns.domain";
  what = "`${toString domain}` is no domain";
  hint = "write small letters, digits and `-` with dots between, such as `vm.internal`";
}
++ some (!all isAddress net.dnsServers) {
  at = "dns.servers";
  what = "one of them is no address";
  hint = "name each by its address, such as `192.0.2.53`";
}
++ some (net.server == "networkd" && needs != null) {
  at = "server";
  what = "networkd's server has no ${toString needs}";
  hint = "leave it out, or take `dnsmasq`";
}
++ concatMap ofForward forwards
++ concatMap ofPort (attrValues (groupBy at forwards))
