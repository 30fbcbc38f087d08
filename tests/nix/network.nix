# A network as a pure function of its settings: who has which address, and the texts of the programs
# that serve it.
let
  inherit (builtins)
    attrNames
    attrValues
    elem
    filter
    genList
    groupBy
    length
    listToAttrs
    map
    mapAttrs
    ;
  network = import ../../nix/lib/network;

  golden =
    file: got:
    let
      path = ../.. + "/${file}";
    in
    {
      inherit file got;
      want = if builtins.pathExists path then builtins.fromJSON (builtins.readFile path) else null;
    };

  called = name: { inherit name; value = { }; };
  many = count: listToAttrs (genList (n: called "m${toString n}") count);
  addresses = of: mapAttrs (_: machine: machine.address) of.registry.machines;
  in16 = machines: network {
    inherit machines;
    subnet = "10.16.0.1/16";
  };
  in24 = machines: network {
    inherit machines;
    subnet = "10.16.0.1/24";
  };
  thousand = in16 (many 1000);
  crowd = in24 (many 200);
  distinct = of: length (attrNames (groupBy toString (attrValues (addresses of))));

  # Of a network to which a machine comes: whose addresses change that no warning names.
  unnamed =
    of: machines: name:
    let
      before = addresses (of machines);
      after = of (machines // { ${name} = { }; });
      now = addresses after;
    in
    filter (name: before.${name} != now.${name} && !elem name after.registry.moved) (
      attrNames machines
    );
  comers = genList (n: "x${toString n}") 40 ++ genList (n: "a${toString n}") 40;
  # Some of the crowd are where their names lead, and some had to move.
  pins = mapAttrs (_: address: { inherit address; }) (addresses crowd);

  # Where two names lead to one address.
  small =
    b:
    network {
      subnet = "10.0.0.1/29";
      machines = {
        a = { };
        inherit b;
      };
    };
  addressOfB = (addresses (small { })).b;

  # The same without what came.
  others = of: name: mapAttrs (_: machine: removeAttrs machine [ "address" ]) (
    removeAttrs of.registry.machines [ name ]
  );

  guests = {
    office = { };
    web = {
      tapPrefix = "vmch-";
      hostName = "WWW";
    };
    play = {
      address = "10.213.0.9";
      mac = "52:54:00:AB:CD:EF";
      cid = 7;
    };
  };
  settings = {
    bridged = {
      machines = guests;
      prefix = "fd12:3456:789a::/64";
      nat = {
        enable = true;
        externalInterface = "enp2s0";
      };
      isolation = true;
      forwards = [
        {
          port = 13389;
          machine = "office";
          machinePort = 3389;
        }
        {
          port = 53;
          protocol = "udp";
          machine = "web";
          listen = "192.0.2.1";
        }
        {
          port = 53;
          protocol = "udp";
          machine = "play";
          listen = "2001:db8::1";
        }
        {
          port = 80;
          machine = "web";
          listen = "0.0.0.0";
        }
        {
          port = 80;
          machine = "play";
          listen = "::";
        }
      ];
    };
    networkd = {
      machines = guests;
      domain = null;
      bridge = "br-guests";
      subnet = "192.168.83.0/28";
      dnsServers = [ "192.0.2.53" ];
      leaseTimeSec = 600;
    };
    advertised = {
      machines = guests;
      domain = null;
      server = "networkd";
      prefix = "fd12:3456:789a::/48";
    };
    routed = {
      machines = guests;
      mode = "routed";
      prefix = "fd12:3456:789a::/112";
      isolation = true;
      nat.enable = true;
      domain = null;
      dnsServers = [
        "192.0.2.53"
        "2001:db8::53"
      ];
    };
    names-alone = {
      machines = guests;
      dhcp = false;
      domain = "example.org";
      dnsServers = [ "192.0.2.53" ];
    };
    nothing = {
      machines = { };
      dhcp = false;
      domain = null;
    };
  };
in
{
  network-thousand-in-16 = {
    got = {
      inherit (thousand) problems;
      addresses = distinct thousand;
      warnings = length thousand.warnings;
    };
    want = {
      problems = [ ];
      addresses = 1000;
      warnings = 1;
    };
  };
  network-crowd-in-24 = {
    got = {
      inherit (crowd) problems;
      addresses = distinct crowd;
    };
    want = {
      problems = [ ];
      addresses = 200;
    };
  };
  # To the last address, and not one more.
  network-full = {
    got = map (count: {
      addresses = distinct (in24 (many count));
      problems = map (problem: problem.what) (in24 (many count)).problems;
    }) [
      253
      254
    ];
    want = [
      {
        addresses = 253;
        problems = [ ];
      }
      # None, which is one value.
      {
        addresses = 1;
        problems = [ "`10.16.0.1/24` has no address for 1 of its 254 machines" ];
      }
    ];
  };
  network-smallest = {
    got =
      addresses (network {
        subnet = "10.0.0.0/30";
        machines = many 1;
      })
      // addresses (network {
        subnet = "10.0.0.9/29";
        machines = {
          a.address = "10.0.0.14";
          b = { };
        };
      });
    want = {
      m0 = "10.0.0.2";
      a = "10.0.0.14";
      b = "10.0.0.10";
    };
  };
  network-one-more-changes-only-whom-the-warning-names = {
    got = {
      large = builtins.concatMap (unnamed in16 (many 1000)) [
        "x"
        "a"
        "m1000"
      ];
      small = builtins.concatMap (unnamed in24 (many 150)) comers;
    };
    want = {
      large = [ ];
      small = [ ];
    };
  };
  network-one-more-changes-nothing-else = {
    got = others (in24 (many 150 // { x = { }; })) "x" == others (in24 (many 150)) "x";
    want = true;
  };
  network-pins-stay = {
    got = map (name: removeAttrs (addresses (in24 (pins // { ${name} = { }; }))) [ name ]) comers;
    want = map (_: addresses crowd) comers;
  };
  # Who comes to many that are pinned takes nobody's.
  network-pins-are-their-own = {
    got = map (name: distinct (in24 (pins // { ${name} = { }; }))) comers;
    want = map (_: 201) comers;
  };
  network-pins-do-not-warn = {
    got = { inherit (in24 pins) problems warnings; };
    want = {
      problems = [ ];
      warnings = [ ];
    };
  };
  # The words that are pasted are the addresses that there are.
  network-warning = {
    got = {
      inherit (small { }) warnings;
      pinned = (small { address = addressOfB; }).warnings;
    };
    want = {
      warnings = [
        (
          "lucarne.network: another machine has the address that the name of `b` leads to, so that the"
          + " one it has now may change when machines come or go\n  hint: keep it:\n"
          + "    lucarne.network.machines.b.address = \"${addressOfB}\";"
        )
      ];
      pinned = [ ];
    };
  };
}
// listToAttrs (
  map (name: {
    name = "network-files-${name}";
    value = golden "tests/nix/network/${name}.json" (
      let
        of = network settings.${name};
      in
      {
        inherit (of)
          hosts
          interfaces
          problems
          server
          ;
        inherit (of.registry) machines;
        files = mapAttrs (_: text: filter builtins.isString (builtins.split "\n" text)) of.files;
      }
    );
  }) (attrNames settings)
)
// import ./network/addresses.nix
// import ./network/rules.nix { inherit network; }
// import ./network/hosts.nix
