# Guests and their hosts over the doubles (guests/double.nix): every assertion with one that fails it and
# one that does not, the defects of provision-nix, and of each snippet what the golden files say that the
# real NixOS makes of it. `cargo xtask test nix/nixos` asks the real one.
let
  system = import ./guests/double.nix;
  inherit (system)
    compat
    failed
    guest
    guestOf
    host
    hostOf
    lib
    ;
  snippets = import ./guests/snippets.nix;
  rules = import ./guests/rules.nix;
  extra = import ./guests/extra-rules.nix;

  allOfGuests = rules.guests // extra.guests;
  allOfHosts = rules.hosts // extra.hosts;
  allOfDeclared = rules.declared // extra.declared;
  enabled.provision.virt.microvm.guest.enable = true;

  prefixed =
    prefix: f: set:
    lib.mapAttrs' (name: value: {
      name = "${prefix}-${name}";
      value = f value;
    }) set;
  rule = of: rule: {
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
  # What none of the rules fails, of all that their systems assert: the words before each hint, without
  # the place and the operands.
  untried =
    systems:
    let
      own = config: lib.filter (it: lib.any (start: lib.hasPrefix start it.message) ours) config.assertions;
      ours = [
        "lucarne."
        "microvm.vms."
      ];
      all = lib.concatMap (
        { of, rules }:
        lib.concatMap (module: own (of [ module ])) (
          [ { } ] ++ lib.concatMap (rule: [ rule.wrong rule.right ]) (lib.attrValues rules)
        )
      ) systems;
      said = list: lib.unique (map (it: words it.message) list);
    in
    lib.subtractLists (said (lib.filter (it: !it.assertion) all)) (said all);
  words =
    message:
    let
      line = lib.head (lib.splitString "\n" message);
      operands = "`[^`]*`(, `[^`]*`)*|[0-9]+";
      plain = lib.concatStringsSep "" (lib.filter lib.isString (builtins.split operands line));
    in
    lib.concatStringsSep ": " (lib.tail (lib.splitString ": " plain));
  declared = modules: host ([ system.theirHost ] ++ modules);

  # What microvm.nix adds by itself, and the rest of NixOS, is not in the double.
  only = names: map (lib.filterAttrs (name: _: builtins.elem name names));
  hardware = config: {
    inherit (config.microvm)
      hypervisor
      mem
      socket
      vcpu
      writableStoreOverlay
      ;
    cid = config.microvm.vsock.cid;
    failed = failed config;
    interfaces = only [ "bridge" "id" "mac" "type" ] config.microvm.interfaces;
    machineId = config.environment.etc.machine-id.text;
    shares = only [ "mountPoint" "proto" "source" "tag" ] config.microvm.shares;
    volumes = only [ "image" "mountPoint" "size" ] config.microvm.volumes;
  };
  golden = name: lib.importJSON (./guests + "/${name}.json");
  ofGolden =
    it:
    removeAttrs it [
      "fileSystems"
      "runner"
      "whole"
    ]
    // {
      shares = only [ "mountPoint" "proto" "source" "tag" ] it.shares;
      volumes = only [ "image" "mountPoint" "size" ] it.volumes;
    };
  snippet = name: {
    name = "guest-snippet-${name}";
    value = {
      got = hardware (guestOf [
        compat
        enabled
        snippets.guests.${name}
      ]);
      want = ofGolden (golden name);
    };
  };

  network = config: {
    failed = failed config;
    firewall = config.networking.firewall.interfaces.microvm;
    inherit (config.networking) nat;
    networkd = config.systemd.network.enable;
    unmanaged = config.networking.networkmanager.unmanaged;
    denied = config.networking.dhcpcd.denyInterfaces;
    waitsForOnline = config.systemd.network.wait-online.enable;
  };
  # What ours adds to that host's services, as lines of their files.
  services = (declared [ (import ./guests/extras-host.nix).module ]).systemd.services;
  lines =
    name:
    let
      text = import ./unit-text.nix {
        description = "";
        after = [ ];
        wants = [ ];
        wantedBy = [ ];
        inherit (services.${name}) serviceConfig;
      };
    in
    lib.filter (line: lib.hasInfix "=" line && !lib.hasPrefix "Description=" line) (
      lib.splitString "\n" text
    );

  # The code's own name of it, and strengths through either.
  viaVm = guestOf [
    compat
    {
      provision.virt.microvm.vm = {
        enable = true;
        vcpu = lib.mkDefault 3;
        mounts.data.enable = true;
      };
      lucarne.microvm.guest.vcpu = lib.mkOverride 1400 4;
    }
    { provision.virt.microvm.guest.mem = lib.mkForce 700; }
    { provision.virt.microvm.vm.mem = 800; }
  ];
in
prefixed "guest-rule" (rule guest) allOfGuests
// prefixed "guest-host-rule" (rule host) allOfHosts
// prefixed "guest-declared-rule" (rule declared) allOfDeclared
// builtins.listToAttrs (map snippet (builtins.attrNames snippets.guests))
// import ./guests/defects.nix { inherit lib system; }
// {
  guest-snippet-host = {
    got = network (hostOf [ compat snippets.host ]);
    want = removeAttrs (golden "host") [ "units" ];
  };
  guest-snippet-host-full = {
    got = network (hostOf [ compat snippets.host-full ]);
    want = removeAttrs (golden "host") [ "units" ];
  };
  guest-extra-units = {
    got = {
      units = lib.mapAttrs' (name: _: {
        name = "${name}.service";
        value = lines name;
      }) (removeAttrs services [ "microvm@" ]);
      template = lines "microvm@";
    };
    want =
      let
        golden' = golden "extras";
        # Type is that host's.
        ours = lib.filter (line: !lib.hasPrefix "Type=" line);
      in
      {
        units = lib.mapAttrs (_: ours) golden'.units;
        inherit (golden') template;
      };
  };
  # Without microvm.nix nothing of it is defined, and its absence is all that is told.
  guest-without-microvm = {
    got = map (lib.hasPrefix "lucarne.microvm.guest.enable: microvm.nix' guest is not there\n  hint: ") (
      failed (hostOf [ compat enabled snippets.guests.mounts ])
    );
    want = [ true ];
  };
  # Each assertion, by what it says, is failed by one of these.
  guest-each-assertion-has-a-rule = {
    got = untried [
      {
        of = guest;
        rules = allOfGuests;
      }
    ];
    want = [
      # Which is the check above.
      "microvm.nix' guest is not there"
      # On Linux no hypervisor is told so.
      " runs on Linux alone"
      # There this one is wrong itself, and is told of that too.
      " runs nothing before its guest"
    ];
  };
  guest-each-assertion-of-a-host-has-a-rule = {
    got = untried [
      {
        of = host;
        rules = allOfHosts;
      }
      {
        of = declared;
        rules = allOfDeclared;
      }
    ];
    want = [ ];
  };
  # Of a guest that the host declares, and of one that it is told of.
  guest-journals-elsewhere = {
    got = lib.mapAttrs (_: journal: journal.folder) (declared [
      {
        microvm.stateDir = "/srv/guests";
        microvm.vms.a.config = {
          imports = [ ../../nix/modules/microvm-guest ];
          lucarne.microvm.guest = {
            enable = true;
            stateDir = "/srv/guests";
            profiles = [ "journal" ];
          };
        };
        lucarne.microvm.host.journals.b.machineId = "a67472e5570e5c8ab18cae3c77701050";
      }
    ]).lucarne.microvm.host.journals;
    want = {
      a = "/srv/guests/a/journal";
      b = "/srv/guests/b/journal";
    };
  };
  guest-compat-vm = {
    got = {
      inherit (viaVm.microvm) mem vcpu;
      volumes = map (volume: volume.image) viaVm.microvm.volumes;
      failed = failed viaVm;
    };
    want = {
      mem = 700;
      vcpu = 3;
      volumes = [ "data.img" ];
      failed = [ ];
    };
  };
}
