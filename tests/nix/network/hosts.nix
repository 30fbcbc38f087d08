# The network as a NixOS host has it, over the doubles: every assertion with a host that fails it and one
# that does not, and what a host with machines of both kinds has.
let
  inherit (import ../host.nix) host lib microvm;
  inherit (import ../guests/double.nix) theirHost;
  image = (import ../cases.nix).minimal.image;
  rules = import ./host-rules.nix { inherit image; };
  three = import ./three.nix { inherit image; };

  enabled.lucarne.network.enable = true;
  of = modules: (host ([ enabled ] ++ modules)).config;
  withGuests = modules: of ([ theirHost ] ++ modules);

  failed = config: map (it: it.message) (lib.filter (it: !it.assertion) config.assertions);
  judged = of: rule: {
    got = {
      wrong = map (message: lib.hasInfix rule.says message && lib.hasInfix "\n  hint: " message) (
        failed (of [ rule.wrong ])
      );
      right = failed (of [ rule.right ]);
    };
    want = {
      wrong = [ true ];
      right = [ ];
    };
  };
  prefixed =
    prefix: f: set:
    lib.mapAttrs' (name: value: {
      name = "${prefix}-${name}";
      value = f value;
    }) set;

  onBridge = network: {
    lucarne.network = network;
    lucarne.machines.office = {
      inherit image;
      network.mode = "bridge";
    };
  };
  rulesOf = network: (of [ (onBridge network) ]).systemd.services.nftables-lucarne;
  office = config: config.lucarne.machines.office.spec.network;
  settings = config: {
    failed = failed config;
    inherit (config.boot.kernel) sysctl;
    inherit (config.networking.networkmanager) unmanaged;
    services = lib.filter (lib.hasInfix "-lucarne") (lib.attrNames config.systemd.services);
    tables = lib.attrNames config.networking.nftables.tables;
    through = config.networking.firewall.extraForwardRules;
  };
in
prefixed "network-host" (judged of) rules.hosts
// prefixed "network-guest" (judged withGuests) rules.guests
// {
  network-of-three = {
    file = "tests/nix/network/three.json";
    got = three.told (withGuests [ three.host ]);
    want =
      if builtins.pathExists ./three.json then
        builtins.fromJSON (builtins.readFile ./three.json)
      else
        null;
  };
  # A host that does not ask for it has nothing of it.
  network-of-nobody = {
    got =
      let
        config =
          (host [
            theirHost
            { lucarne.network.machines.x.address = "y"; }
          ]).config;
      in
      {
        inherit (config.systemd.network) enable netdevs networks;
        inherit (config.networking) hosts;
        failed = failed config;
      };
    want = {
      enable = false;
      netdevs = { };
      networks = { };
      hosts = { };
      failed = [ ];
    };
  };
  # What is said at either place is the machine's; and a machine of another bridge is left alone.
  network-machines = {
    got = {
      said = office (of [
        (onBridge {
          machines.office = {
            mac = "52:54:00:00:00:01";
            tap = "vm-x";
          };
        })
      ]);
      own = (of [
        (onBridge { })
        {
          lucarne.machines.office.network = {
            mac = "52:54:00:00:00:02";
            tap = "vm-y";
          };
        }
      ]).lucarne.network.registry.office;
      elsewhere = (of [
        (onBridge { })
        {
          lucarne.machines.office.network.bridge = "br0";
          networking.bridges.br0.interfaces = [ ];
        }
      ]).lucarne.network.registry;
      left = (of [
        (onBridge { machines.office.enable = false; })
      ]).lucarne.network.registry;
      leftAlone =
        (office (of [
          (onBridge {
            machines.office = {
              enable = false;
              mac = "52:54:00:00:00:01";
            };
          })
        ])).mac;
      routed = office (of [ (onBridge { mode = "routed"; }) ]);
    };
    want = {
      said = {
        bridge = "lucarne";
        mac = "52:54:00:00:00:01";
        mode = "bridge";
        tap = "vm-x";
      };
      own = {
        address = "10.213.0.191";
        address6 = null;
        cid = 375641122;
        hostName = "office";
        mac = "52:54:00:00:00:02";
        tap = "vm-y";
      };
      elsewhere = { };
      left = { };
      leftAlone = "5e:c3:f8:28:38:ba";
      routed = {
        mac = "5e:c3:f8:28:38:ba";
        mode = "bridge";
        tap = "vm-office";
      };
    };
  };
  # Another network of networkd's may be what the host is online by, if anybody waits for it.
  network-waits-for-none-of-ours = {
    got =
      map
        (
          lan:
          (of [
            (onBridge { })
            { systemd.network.networks = lan; }
          ]).systemd.network.wait-online.enable
        )
        [
          { }
          { lan.matchConfig.Name = "lan"; }
          { lan.linkConfig.RequiredForOnline = false; }
          { lan.linkConfig.RequiredForOnline = "no"; }
          { lan.linkConfig.RequiredForOnline = "routable"; }
          { lan.linkConfig.Unmanaged = true; }
        ];
    want = [
      false
      true
      false
      false
      true
      false
    ];
  };
  # No interface is up before the rules are there.
  network-rules-come-first = {
    got = {
      inherit (rulesOf { isolation = true; }) before wants;
    };
    want = {
      before = [
        "network-pre.target"
        "shutdown.target"
      ];
      wants = [ "network-pre.target" ];
    };
  };
  # One that microvm.nix' host runs is one machine, and Windows'.
  network-as-microvm = {
    got =
      let
        config = of [
          microvm
          (onBridge { })
          { lucarne.machines.office.asMicrovm = true; }
        ];
      in
      {
        failed = failed config;
        taps = lib.mapAttrs (_: machine: machine.tap) config.lucarne.network.registry;
      };
    want = {
      failed = [ ];
      taps.office = "vm-office";
    };
  };
  network-rules-by-either-way = {
    got = {
      ours = settings (of [ (onBridge { nat.enable = true; }) ]);
      nixos = settings (of [
        (onBridge {
          isolation = true;
          ipv6.prefix = "fd12::/64";
        })
        { networking.nftables.enable = true; }
      ]);
      none = settings (of [ (onBridge { dns.enable = false; }) ]);
      routed = settings (of [
        (onBridge {
          mode = "routed";
          ipv6.prefix = "fd12::/64";
        })
      ]);
      forwards =
        (settings (of [
          (onBridge {
            forwards = [
              {
                port = 80;
                machine = "office";
              }
            ];
          })
        ])).sysctl;
    };
    want = {
      ours = {
        failed = [ ];
        unmanaged = [
          "interface-name:lucarne"
          "interface-name:vm-office"
        ];
        services = [
          "dnsmasq-lucarne"
          "nftables-lucarne"
        ];
        sysctl."net.ipv4.conf.all.forwarding" = true;
        tables = [ ];
        through = "iifname { \"lucarne\" } accept\n";
      };
      nixos = {
        failed = [ ];
        unmanaged = [
          "interface-name:lucarne"
          "interface-name:vm-office"
        ];
        services = [ "dnsmasq-lucarne" ];
        sysctl = { };
        tables = [ "lucarne" ];
        through = "";
      };
      none = {
        failed = [ ];
        unmanaged = [
          "interface-name:lucarne"
          "interface-name:vm-office"
        ];
        services = [ ];
        sysctl = { };
        tables = [ ];
        through = "";
      };
      routed = {
        failed = [ ];
        unmanaged = [ "interface-name:vm-office" ];
        services = [ "dnsmasq-lucarne" ];
        sysctl = {
          "net.ipv4.conf.all.forwarding" = true;
          "net.ipv6.conf.all.accept_ra" = 2;
          "net.ipv6.conf.all.forwarding" = true;
          "net.ipv6.conf.default.accept_ra" = 2;
        };
        tables = [ ];
        through = "iifname { \"vm-office\" } accept\n";
      };
      forwards."net.ipv4.conf.all.forwarding" = true;
    };
  };
}
