# What a network's settings may not be, each once wrong and once right: `says` is the one problem's
# place and a part of its words.
{ network }:
let
  inherit (builtins) map mapAttrs;
  on = machines: settings: settings // { inherit machines; };
  one = settings: on { a = { }; } settings;
  two = a: b: on { inherit a b; } { };
  with6 = machine: on { a = machine; } { prefix = "fd12::/64"; };
  many = count: {
    server = "networkd";
    domain = null;
    machines = builtins.listToAttrs (
      builtins.genList (n: {
        name = "m${toString n}";
        value = { };
      }) count
    );
  };
  long = "a123456789b123456789c123456789d123456789e123456789f123456789012";

  rules = {
    subnet = {
      says = "ipv4.subnet: `10.0.0.1` is no address of IPv4 with the length of a prefix";
      wrong = one { subnet = "10.0.0.1"; };
      right = one { subnet = "10.0.0.1/24"; };
    };
    subnet-of-nobody = {
      says = "ipv4.subnet: `10.0.0.0/31` has no address for a machine";
      wrong = one { subnet = "10.0.0.0/31"; };
      right = one { subnet = "10.0.0.0/30"; };
    };
    router-for-all = {
      says = "ipv4.subnet: `10.0.0.255/24` is the subnet's address for all, and the router's too";
      wrong = one { subnet = "10.0.0.255/24"; };
      right = one { subnet = "10.0.0.254/24"; };
    };
    subnet-too-small = {
      says = "ipv4.subnet: `10.0.0.1/30` has no address for 1 of its 2 machines";
      wrong = two { } { } // { subnet = "10.0.0.1/30"; };
      right = two { address = "10.0.0.1"; } { } // { subnet = "10.0.0.2/29"; };
    };
    subnet-of-the-host-itself = {
      says = "ipv4.subnet: `127.0.0.1/16` has addresses that no machine can have";
      wrong = one { subnet = "127.0.0.1/16"; };
      right = one { subnet = "126.255.0.1/16"; };
    };
    subnet-of-groups = {
      says = "ipv4.subnet: `192.0.0.1/2` has addresses that no machine can have";
      wrong = one { subnet = "192.0.0.1/2"; };
      right = one { subnet = "192.0.0.1/3"; };
    };
    subnet-of-everybody = {
      says = "ipv4.subnet: `10.0.0.1/0` has addresses that no machine can have";
      wrong = one { subnet = "10.0.0.1/0"; };
      right = one { subnet = "10.0.0.1/6"; };
    };
    prefix-of-the-host-itself = {
      says = "ipv6.prefix: `::/0` has addresses that no machine can have";
      wrong = one { prefix = "::/0"; };
      right = one { prefix = "2000::/3"; };
    };
    prefix-of-one-wire = {
      says = "ipv6.prefix: `fe80::/64` has addresses that no machine can have";
      wrong = one { prefix = "fe80::/64"; };
      right = one { prefix = "fe00::/8"; };
    };
    prefix-of-groups = {
      says = "ipv6.prefix: `ff02::/64` has addresses that no machine can have";
      wrong = one { prefix = "ff02::/64"; };
      right = one { prefix = "fd02::/64"; };
    };
    prefix = {
      says = "ipv6.prefix: `fd12::1/64` has bits behind its length";
      wrong = one { prefix = "fd12::1/64"; };
      right = one { prefix = "fd12::/64"; };
    };
    prefix-of-nothing = {
      says = "ipv6.prefix: `fd12::` is no prefix of IPv6 with its length";
      wrong = one { prefix = "fd12::"; };
      right = one { prefix = "fd00::/8"; };
    };
    prefix-too-long = {
      says = "ipv6.prefix: `fd12::/121` leaves fewer than 8 bits to machines";
      wrong = one { prefix = "fd12::/121"; };
      right = one { prefix = "fd12::/120"; };
    };
    host-name = {
      says = "machines.a.hostName: `a_b` can be no machine's name in a network";
      wrong = on { a.hostName = "a_b"; } { };
      right = on { a.hostName = "a-B"; } { };
    };
    host-name-of-each-host-itself = {
      says = "machines.LocalHost.hostName: `LocalHost` is for each host the host itself";
      wrong = on { LocalHost = { }; } { };
      right = on { LocalHost.hostName = "localhost-1"; } { };
    };
    host-name-of-64 = {
      says = "machines.a.hostName: `${long}3` can be no machine's name";
      wrong = on { a.hostName = "${long}3"; } { };
      right = on { a.hostName = long; } { };
    };
    host-name-from-elsewhere = {
      says = "machines.\"ä\".hostName: `ä` can be no machine's name";
      wrong = on { "ä" = { }; } { };
      right = on { "ä".hostName = "a"; } { };
    };
    tap = {
      says = "machines.a.tap: `vm/a` can be no interface's name";
      wrong = on { a.tap = "vm/a"; } { };
      right = on { a.tap = "vm.a"; } { };
    };
    address = {
      says = "machines.a.address: `10.213.0.300` is no address of IPv4";
      wrong = on { a.address = "10.213.0.300"; } { };
      right = on { a.address = "10.213.0.30"; } { };
    };
    address-elsewhere = {
      says = "machines.a.address: `10.214.0.1` is no machine's in the subnet `10.213.0.1/24`";
      wrong = on { a.address = "10.214.0.1"; } { };
      right = on { a.address = "10.213.0.2"; } { };
    };
    address-for-all = {
      says = "machines.a.address: `10.213.0.255` is no machine's in the subnet";
      wrong = on { a.address = "10.213.0.255"; } { };
      right = on { a.address = "10.213.0.254"; } { };
    };
    address-of-the-router = {
      says = "machines.a.address: `10.213.0.1` is the router's";
      wrong = on { a.address = "10.213.0.1"; } { };
      right = on { a.address = "10.213.0.1"; } { subnet = "10.213.0.3/24"; };
    };
    address6 = {
      says = "machines.a.address6: `fd12:1` is no address of IPv6";
      wrong = with6 { address6 = "fd12:1"; };
      right = with6 { address6 = "fd12::2"; };
    };
    address6-elsewhere = {
      says = "machines.a.address6: `fd12:1::2` is not in the prefix `fd12::/64`";
      wrong = with6 { address6 = "fd12:1::2"; };
      right = with6 { address6 = "fd12::1:0:0:2"; };
    };
    # Of a larger prefix machines have the first 64 bits.
    address6-beyond-the-link = {
      says = "machines.a.address6: `fd12:0:0:1::2` is not in the prefix `fd12::/64`";
      wrong = on { a.address6 = "fd12:0:0:1::2"; } { prefix = "fd12::/48"; };
      right = on { a.address6 = "fd12::2"; } { prefix = "fd12::/48"; };
    };
    address6-of-the-router = {
      says = "machines.a.address6: `fd12::1` is the router's";
      wrong = with6 { address6 = "fd12::1"; };
      right = with6 { address6 = "fd12::10"; };
    };
    address6-of-all-routers = {
      says = "machines.a.address6: `fd12::` is the router's";
      wrong = with6 { address6 = "fd12::"; };
      right = with6 { address6 = "fd12::100"; };
    };
    address6-of-no-prefix = {
      says = "machines.a.address6: `fd12::2` is of no prefix";
      wrong = on { a.address6 = "fd12::2"; } { };
      right = with6 { address6 = "fd12::2"; };
    };
    one-name = {
      says = "machines.b.hostName: its name `www` is that of `a` too";
      wrong = two { hostName = "WWW"; } { hostName = "www"; };
      right = two { hostName = "www"; } { };
    };
    one-mac = {
      says = "machines.b.mac: its card's address `52:54:00:00:00:0a` is that of `a` too";
      wrong = two { mac = "52:54:00:00:00:0A"; } { mac = "52:54:00:00:00:0a"; };
      right = two { mac = "52:54:00:00:00:0A"; } { };
    };
    one-mac-in-other-words = {
      says = "machines.b.mac: its card's address `52:54:00:00:00:0a` is that of `a` too";
      wrong = two { mac = "52-54-00-00-00-0A"; } { mac = "52:54:00:00:00:0a"; };
      right = two { mac = "52-54-00-00-00-0A"; } { mac = "52-54-00-00-00-0b"; };
    };
    one-tap = {
      says = "machines.b.tap: its interface `vm-a` is that of `a` too";
      wrong = two { } { tap = "vm-a"; };
      right = two { } { };
    };
    one-cid = {
      says = "machines.b.cid: its address for vsock `3` is that of `a` too";
      wrong = two { cid = 3; } { cid = 3; };
      right = two { cid = 3; } { cid = 4; };
    };
    one-address = {
      says = "machines.b.address: its address `10.213.0.7` is that of `a` too";
      wrong = two { address = "10.213.0.7"; } { address = "10.213.0.7"; };
      right = two { address = "10.213.0.7"; } { };
    };
    one-address6 = {
      says = "machines.b.address6: its address of IPv6 `fd12::7` is that of `a` too";
      wrong = two { address6 = "fd12::7"; } { address6 = "fd12:0::7"; } // { prefix = "fd12::/64"; };
      right = two { address6 = "fd12::7"; } { } // { prefix = "fd12::/64"; };
    };
    bridge = {
      says = "bridge: `br@0` can be no interface's name";
      wrong = one { bridge = "br@0"; };
      right = one { bridge = "br-0"; };
    };
    bridge-of-a-machine = {
      says = "bridge: `vm-a` is the interface of a machine too";
      wrong = one { bridge = "vm-a"; };
      right = one { bridge = "vm-b"; };
    };
    outside = {
      says = "nat.externalInterface: `en\"p` can be no interface's name";
      wrong = one { nat.externalInterface = "en\"p"; };
      right = one { nat.externalInterface = "enp"; };
    };
    domain = {
      says = "dns.domain: `vm..internal` is no domain";
      wrong = one { domain = "vm..internal"; };
      right = one { domain = "vm"; };
    };
    domain-of-capitals = {
      says = "dns.domain: `VM.internal` is no domain";
      wrong = one { domain = "VM.internal"; };
      right = one { domain = "vm-1.internal"; };
    };
    servers = {
      says = "dns.servers: one of them is no address";
      wrong = one { dnsServers = [ "192.0.2.53" "dns.example" ]; };
      right = one { dnsServers = [ "192.0.2.53" "2001:db8::53" ]; };
    };
    server-of-names = {
      says = "server: networkd's server has no names";
      wrong = one { server = "networkd"; };
      right = one {
        server = "networkd";
        domain = null;
      };
    };
    server-of-routes = {
      says = "server: networkd's server has no routed machines";
      wrong = one {
        server = "networkd";
        domain = null;
        mode = "routed";
      };
      right = one { mode = "routed"; };
    };
    # Where nobody is given an address nobody serves.
    server-of-nothing = {
      says = "server: networkd's server has no routed machines";
      wrong = one {
        server = "networkd";
        domain = null;
        mode = "routed";
      };
      right = one {
        server = "networkd";
        domain = null;
        mode = "routed";
        dhcp = false;
      };
    };
    server-of-many = {
      says = "server: networkd's server has no more than 64 leases";
      wrong = many 65;
      right = many 64;
    };
    strict = {
      says = "strictAddresses: another machine has the address that the name of `b` leads to";
      wrong = two { } { } // {
        strictAddresses = true;
        subnet = "10.0.0.1/29";
      };
      right = two { } { address = "10.0.0.3"; } // {
        strictAddresses = true;
        subnet = "10.0.0.1/29";
      };
    };
  }
  // import ./forward-rules.nix { inherit on; };

  says = text: problem: builtins.substring 0 (builtins.stringLength text) problem == text;
  told = settings: map (it: "${it.at}: ${it.what}") (network settings).problems;
in
builtins.listToAttrs (
  map (name: {
    name = "network-rule-${name}";
    value = {
      got = {
        wrong = map (says rules.${name}.says) (told rules.${name}.wrong);
        right = told rules.${name}.right;
      };
      want = {
        wrong = [ true ];
        right = [ ];
      };
    };
  }) (builtins.attrNames rules)
)
