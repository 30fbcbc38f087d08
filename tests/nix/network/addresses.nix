# Addresses: their texts, and the part of them that a name's hash gives.
let
  inherit (builtins) attrNames attrValues map;
  names = import ../../../nix/lib/network/names.nix;
  ipv4 = import ../../../nix/lib/network/ipv4.nix;
  ipv6 = import ../../../nix/lib/network/ipv6.nix;
  words = import ../../../nix/lib/network/words.nix;
in
{
  network-interface-ids = {
    got = map names.interfaceIdOf [
      # The bit of manufacturers' addresses goes.
      "0000000000000000ffff00000000000000000000000000000000000000000000"
      # What begins with 48 zeros, and the highest 128, are reserved.
      "00000000000000000000000000001234ffffffffffffffffffffffffffffffff"
      "0000000000000000fdffffffffffff7fffffffffffffffffffffffffffffffff"
      "0000000000000000fdffffffffffff80ffffffffffffffffffffffffffffffff"
    ];
    want = [
      [
        65023
        0
        0
        0
      ]
      (names.interfaceId "00000000000000000000000000001234ffffffffffffffffffffffffffffffff")
      [
        65023
        65535
        65535
        65407
      ]
      (names.interfaceId "0000000000000000fdffffffffffff80ffffffffffffffffffffffffffffffff")
    ];
  };

  network-ipv4 = {
    got = map ipv4.parse [
      "0.0.0.0"
      "255.255.255.255"
      "10.0.0.256"
      "10.0.0"
      "010.0.0.1"
      "10.0.0.1 "
      "10.0.0.1\n"
      7
    ];
    want = [
      0
      4294967295
      null
      null
      null
      null
      null
      null
    ];
  };
  network-ipv4-networks = {
    got = map (text: (ipv4.parseNetwork text).length or null) [
      "10.0.0.1/0"
      "10.0.0.1/32"
      "10.0.0.1/33"
      "10.0.0.1/024"
      "10.0.0.1"
      "10.0.0.256/24"
    ];
    want = [
      0
      32
      null
      null
      null
      null
    ];
  };
  network-ipv4-overlap = {
    got = map (pair: ipv4.overlap (ipv4.parseNetwork pair.a) (ipv4.parseNetwork pair.b)) [
      {
        a = "10.0.0.1/24";
        b = "10.0.0.128/25";
      }
      {
        a = "10.0.0.0/24";
        b = "10.0.1.0/24";
      }
      {
        a = "10.0.1.0/24";
        b = "10.0.0.0/8";
      }
    ];
    want = [
      true
      false
      true
    ];
  };
  network-ipv6 = {
    got = map (
      text:
      let
        groups = ipv6.parse text;
      in
      if groups == null then null else ipv6.format groups
    ) (attrNames (import ./ipv6.nix));
    want = attrValues (import ./ipv6.nix);
  };
  network-ipv6-overlap = {
    got = map (pair: ipv6.overlap (ipv6.parseNetwork pair.a) (ipv6.parseNetwork pair.b)) [
      {
        a = "fd00::/8";
        b = "fd12:3456::/32";
      }
      {
        a = "fd12:3456:8000::/33";
        b = "fd12:3456::/33";
      }
      {
        a = "::/0";
        b = "fd12::/127";
      }
    ];
    want = [
      true
      false
      true
    ];
  };
  # What is pasted is read back as it was meant.
  network-words = {
    got = map (name: words.line name "address" "10.0.0.9") [
      "web-1"
      "7d"
      "in"
      "\${x}"
    ];
    want = [
      "lucarne.network.machines.web-1.address = \"10.0.0.9\";"
      "lucarne.network.machines.\"7d\".address = \"10.0.0.9\";"
      "lucarne.network.machines.\"in\".address = \"10.0.0.9\";"
      "lucarne.network.machines.\"\\\${x}\".address = \"10.0.0.9\";"
    ];
  };
}
