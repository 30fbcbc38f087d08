# What is wrong with the machines of a host as far as evaluation can tell: with several of them,
# with the host around them, and with what an image was asked to be. All else is told when a machine
# is built (src/instance/plan), for it needs the image's manifest.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (config.lucarne) machines;
  names = lib.attrNames machines;

  onBridge = machine: machine.network.mode == "bridge";
  listensOf = import ./listens.nix;
  # On the host's network, where that has no bridge.
  isRouted =
    name:
    let
      inherit (config.lucarne) network;
    in
    network.enable && network.mode == "routed" && network.machines.${name}.enable or true;

  assertion = name: import ./assertion.nix "lucarne.machines.${name}";

  # Bridges that this configuration makes, by whichever of NixOS' ways.
  isBridge = netdev: netdev.Kind or null == "bridge";
  netdevs = map (netdev: netdev.netdevConfig) (
    lib.filter (netdev: netdev.enable or true) (lib.attrValues config.systemd.network.netdevs)
  );
  bridges =
    lib.attrNames config.networking.bridges
    ++ map (netdev: netdev.Name or "") (lib.filter isBridge netdevs)
    ++ lib.optional config.virtualisation.libvirtd.enable "virbr0";

  isName = import ../lib/machine/is-name.nix;
  isInterface = import ../lib/machine/is-interface.nix;

  inherit (pkgs.stdenv.hostPlatform) system;
  ofHost = _: _: [
    {
      holds = system == "x86_64-linux";
      what = "the host is `${system}`, and machines run on `x86_64-linux` alone";
      hint = "leave it to a host of `x86_64-linux`";
    }
  ];

  ofName = name: _: [
    {
      holds = isName name;
      what = "`${name}` is no name of a machine";
      hint = "1 to 40 of `a` to `z`, `0` to `9` and `-` make one, and no `-` begins it";
    }
  ];

  ofNetwork =
    name: machine:
    let
      inherit (machine) network;
      bridge = toString network.bridge;
      bytes = toString (builtins.stringLength network.tap);
      # Its own bridge may be made elsewhere.
      taken = [ "lo" ] ++ bridges ++ lib.optional (network.bridge != null) network.bridge;
      isKnown = network.bridgeIsElsewhere || lib.elem network.bridge bridges;
    in
    [
      {
        holds = !onBridge machine || isInterface network.tap;
        at = "network.tap";
        what = "`${network.tap}` has ${bytes} bytes and can be no interface's name";
        hint = "1 to 15 letters, digits and `-._` make one; leave it out for one that fits";
      }
      {
        holds = !onBridge machine || !lib.elem network.tap taken;
        at = "network.tap";
        what = "`${network.tap}` is another interface of the host's";
        hint = "leave it out for one by the machine's name, which is put on the bridge";
      }
      {
        holds = !onBridge machine || network.bridge != null || isRouted name;
        at = "network.bridge";
        what = "is missing";
        hint = "name the machine's bridge, or leave `network.mode` out for a network of its own";
      }
      {
        holds = !onBridge machine || network.bridge == null || isInterface network.bridge;
        at = "network.bridge";
        what = "`${bridge}` can be no interface's name";
        hint = "1 to 15 letters, digits and `-._` make one";
      }
      {
        holds = !onBridge machine || network.bridge == null || isKnown;
        at = "network.bridge";
        what = "this configuration makes no bridge `${bridge}`";
        hint =
          "`networking.bridges.${bridge}.interfaces = [ \"…\" ];` makes one; where something else"
          + " does, set `network.bridgeIsElsewhere`";
      }
      {
        holds = onBridge machine || network.bridge == null;
        at = "network.bridge";
        what = "is of the mode `bridge`, and the network is in another";
        hint = "set `network.mode` to `bridge`, or leave it out";
      }
      {
        holds = network.mode == "user" || network.forwardPorts == [ ];
        at = "network.forwardPorts";
        what = "is of the mode `user`, and the network is in another";
        hint = "a machine on a bridge has all of its ports; leave it out";
      }
      {
        holds = lib.all (listens: listens.port >= 1024) (listensOf machine);
        at = "network.forwardPorts";
        what = "the machine has no right to ports below 1024";
        hint = "take a port from 1024 on, or put the machine on a bridge";
      }
    ];

  ofSecrets = import ./secret-assertions.nix { inherit config lib; };
  folders = import ./folder-assertions.nix { inherit lib machines; };

  imagePlace = import ../lib/image-place.nix { isBuilt = false; };
  inMib = import ../lib/memory-size.nix;

  # Of what is not known of an image nothing is wrong.
  ofImage =
    _: machine:
    let
      facts = import ./facts.nix machine.image;
      inherit (imagePlace machine.image) problem;
      isLess = said: least: said != null && least != null && said < least;
      memory = if machine.memoryMiB != null then machine.memoryMiB else facts.memoryMib;
      most = inMib machine.resources.memoryMax;
      least = "leave it out for what the image was installed with, which is the least";
    in
    [
      {
        holds = problem == null;
        at = "image";
        what = problem.what or "";
        hint = problem.hint or "";
      }
      {
        holds = machine.tpm == null || facts.tpm != false;
        at = "tpm";
        what = "the image was installed without a TPM";
        hint = "leave it out, or install the image with `tpm`";
      }
      {
        holds = !isLess machine.cores facts.cores;
        at = "cores";
        what = "${toString machine.cores} are fewer than the ${toString facts.cores} of its image";
        hint = least;
      }
      {
        holds = !isLess machine.memoryMiB facts.memoryMib;
        at = "memoryMiB";
        what =
          "${toString machine.memoryMiB} MiB are less than the ${toString facts.memoryMib} MiB of its"
          + " image";
        hint = least;
      }
      {
        holds = most == null || memory == null || most > memory;
        at = "resources.memoryMax";
        what = "QEMU needs more than the ${toString memory} MiB of Windows, and is ended at once";
        hint = "leave it out, or give a quarter more than `memoryMiB`";
      }
      {
        holds = machine.shares == { } || facts.hasShares != false;
        at = "shares";
        what = "Windows sees none of them: the image has no `software.virtiofs`";
        hint = "add `software.virtiofs.install { }` of the catalogue to its steps, or to a layer's";
      }
    ];

  ofMicrovm =
    _: machine:
    let
      isThere = options ? microvm.vms;
    in
    [
      {
        holds = !machine.asMicrovm || isThere;
        at = "asMicrovm";
        what = "microvm.nix's host is not there";
        hint =
          "import `microvm.nixosModules.host`, or leave it out for a service of the machine's own";
      }
      {
        holds = !machine.asMicrovm || !isThere || (config.microvm.host.enable or true);
        at = "asMicrovm";
        what = "microvm.nix's host is off";
        hint =
          "leave out `microvm.host.enable = false`, or `asMicrovm` for a service of the machine's"
          + " own";
      }
    ];

  ofOne =
    name: machine:
    map (assertion name) (
      lib.concatMap (rules: rules name machine) [
        ofHost
        ofName
        ofNetwork
        ofSecrets
        ofImage
        folders.ofOne
        ofMicrovm
      ]
    );

  ofGroup =
    let
      inherit (import ../lib/machine/group-name.nix) is what hint;
      inherit (config.lucarne) group;
    in
    import ./assertion.nix "lucarne.group" {
      holds = is group;
      what = "`${group}` ${what}";
      inherit hint;
    };

  # What each must have for itself: told of all but the first.
  clashes = import ../lib/clashes.nix machines;
  unique =
    {
      at,
      of,
      what,
      hint,
    }:
    map (
      {
        name,
        key,
        first,
      }:
      assertion name {
        holds = false;
        inherit at hint;
        what = what key first;
      }
    ) (clashes of);

  ofAll = lib.concatMap unique [
    {
      at = "network.mac";
      of =
        { network, ... }:
        lib.optional (network.mac != null) (
          lib.toLower (lib.replaceStrings [ "-" ] [ ":" ] network.mac)
        );
      what = mac: other: "`${mac}` is the card's address of `${other}` too";
      hint = "two cards of one address hear each other's traffic; leave it out for one of its own";
    }
    {
      at = "network.addresses";
      of =
        { network, ... }@machine:
        let
          plain = text: lib.toLower (lib.head (lib.splitString "/" text));
          on = text: "${toString network.bridge} ${plain text}";
        in
        lib.optionals (onBridge machine && network.bridge != null) (
          lib.unique (map on network.addresses)
        );
      what =
        key: other:
        "`${builtins.elemAt (lib.splitString " " key) 1}` is an address of `${other}` on the same bridge";
      hint = "give each its own: Windows takes none that another has";
    }
    {
      at = "network.tap";
      of = machine: lib.optional (onBridge machine) machine.network.tap;
      what = tap: other: "`${tap}` is the interface of `${other}` too";
      hint = "leave it out for one by the machine's name";
    }
  ];

  # Who listens on a port of all of the host's addresses leaves nobody else one of them.
  ofPorts =
    let
      ports = lib.concatMap (name: map (it: it // { inherit name; }) (listensOf machines.${name})) names;
      isAny = address: address == "0.0.0.0" || address == "::";
      meet =
        one: other:
        one.port == other.port
        && one.protocol == other.protocol
        && (one.address == other.address || isAny one.address || isAny other.address);
      told =
        index:
        let
          it = builtins.elemAt ports index;
          earlier = builtins.genList (builtins.elemAt ports) index;
        in
        map (
          other:
          assertion it.name {
            holds = false;
            inherit (it) at;
            what = "`${other.name}` listens on the host's port ${it.protocol} ${toString it.port} too";
            hint = "give each a port of its own";
          }
        ) (lib.filter (meet it) earlier);
    in
    lib.concatLists (builtins.genList told (lib.length ports));
in
{
  config = lib.mkIf (machines != { }) {
    assertions = [
      ofGroup
    ]
    ++ lib.concatLists (lib.mapAttrsToList ofOne machines)
    ++ ofAll
    ++ ofPorts
    ++ map ({ name, rule }: assertion name rule) folders.ofAll;
  };
}
