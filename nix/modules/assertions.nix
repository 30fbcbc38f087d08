# What is wrong with the machines of a host as far as evaluation can tell: with several of them, with
# the host around them, and with what an image was asked to be. All else is told when a machine is
# built (src/instance/plan), for it needs the image's manifest.
{ config, lib, ... }:
let
  inherit (config.lucarne) machines;
  names = lib.attrNames machines;
  say =
    name: at: what: hint:
    let
      place = lib.concatStringsSep "." ([ "lucarne.machines" name ] ++ lib.optional (at != "") at);
    in
    "${place}: ${what}\n  hint: ${hint}";

  rule = assertion: message: { inherit assertion message; };

  onBridge = machine: machine.network.mode == "bridge";

  # Bridges that this configuration makes, by whichever of NixOS' ways.
  netdevs = lib.mapAttrsToList (_: netdev: netdev.netdevConfig) config.systemd.network.netdevs;
  isBridge = netdev: netdev.Kind or null == "bridge";
  bridges =
    lib.attrNames config.networking.bridges
    ++ map (netdev: netdev.Name) (lib.filter isBridge netdevs)
    ++ lib.optional config.virtualisation.libvirtd.enable "virbr0";

  # The pairs of machines that have something in common, each told once.
  twice =
    at: keysOf: what: hint:
    let
      keys = lib.concatMap (name: map (key: { inherit name key; }) (keysOf name machines.${name})) names;
      groups = lib.groupBy (it: it.key) keys;
    in
    lib.concatLists (
      lib.mapAttrsToList (
        key: owners:
        let
          others = lib.tail owners;
        in
        map (
          other: rule false (say other.name at (what key (lib.head owners).name) hint)
        ) others
      ) groups
    );

  nameOk = name: builtins.match "[a-z0-9][a-z0-9-]{0,39}" name != null;
  interfaceOk = name: builtins.match "[!-~]{1,15}" name != null && !lib.hasInfix "/" name;
  bytes = text: toString (builtins.stringLength text);

  one =
    name: machine:
    let
      facts = import ./facts.nix machine.image;
      secrets = import ./secrets.nix machine;
      inherit (machine) network;
      less = said: least: said != null && least != null && said < least;
      tell = say name;
    in
    [
      (rule (nameOk name) (
        tell "" "`${name}` is no name of a machine" "1 to 40 of `a` to `z`, `0` to `9` and `-` make one, and no `-` begins it"
      ))
      (rule (!onBridge machine || interfaceOk network.tap) (
        tell "network.tap" "`${network.tap}` has ${bytes network.tap} bytes and can be no interface's name" "1 to 15 letters, digits and `-._` make one; leave it out for one that fits"
      ))
      (rule (!onBridge machine || network.bridge != null) (
        tell "network.bridge" "is missing" "name the bridge that the machine is on, or leave `network.mode` out for a network of its own"
      ))
      (rule
        (
          !onBridge machine
          || network.bridge == null
          || network.bridgeIsElsewhere
          || lib.elem network.bridge bridges
        )
        (
          tell "network.bridge" "this configuration makes no bridge `${toString network.bridge}`"
            "`networking.bridges.${toString network.bridge}.interfaces = [ \"…\" ];` makes one; where something else does, set `network.bridgeIsElsewhere`"
        )
      )
      (rule (onBridge machine || network.bridge == null) (
        tell "network.bridge" "is of the mode `bridge`, and the network is in another" "set `network.mode` to `bridge`, or leave it out"
      ))
      (rule (network.mode == "user" || network.forwardPorts == [ ]) (
        tell "network.forwardPorts" "is of the mode `user`, and the network is in another" "a machine on a bridge has all of its ports; leave it out"
      ))
      (rule (secrets.inStore == [ ]) (
        tell (lib.head (map (it: it.option) secrets.inStore ++ [ "" ])) "is a file of the store, which everybody on this host can read"
          "name a file that the store does not hold as a text, such as \"/run/secrets/${name}\" of sops-nix or agenix"
      ))
      (rule (lib.all (it: (it.file == null) != (it.secretFile == null)) machine.identity.certificates) (
        tell "identity.certificates" "one of them has neither or both of `file` and `secretFile`" "say where it is, once: in `file` where everybody may read it"
      ))
      (rule (!(facts.tpm == false && machine.tpm != null)) (
        tell "tpm" "the image was installed without a TPM" "leave it out, or install the image with `tpm`"
      ))
      (rule (!less machine.cores facts.cores) (
        tell "cores" "${toString machine.cores} are fewer than the ${toString facts.cores} that the image was installed with" "leave it out for those, which are the least"
      ))
      (rule (!less machine.memoryMiB facts.memoryMib) (
        tell "memoryMiB" "${toString machine.memoryMiB} MiB are less than the ${toString facts.memoryMib} MiB that the image was installed with" "leave it out for those, which are the least"
      ))
      (rule (machine.shares == { } || facts.hasShares != false) (
        tell "shares" "Windows sees none of them without WinFsp and virtio-win's service, and the image has no `software.virtiofs`" "add `software.virtiofs.install { }` of the catalogue to its steps, or to those of a layer"
      ))
      (rule (machine.dataDisk == null || machine.dataDisk.path == null || lib.hasPrefix "/" machine.dataDisk.path) (
        tell "dataDisk.path" "is no absolute path" "write it from the root on, such as `/srv/lucarne/${name}/data.qcow2`"
      ))
      (rule (lib.all (listens: listens.port >= 1024) (import ./listens.nix machine)) (
        tell "network.forwardPorts" "the machine has no right to ports below 1024" "take a port from 1024 on, or put the machine on a bridge"
      ))
    ];

  diskOf =
    _: machine:
    lib.optional (machine.dataDisk != null && machine.dataDisk.path != null) (dirOf machine.dataDisk.path);
  portsOf =
    _: machine: map (it: "${it.protocol} ${toString it.port}") (import ./listens.nix machine);
  macOf = _: machine: lib.optional (machine.network.mac != null) (lib.toLower (lib.replaceStrings [ "-" ] [ ":" ] machine.network.mac));
  tapOf = _: machine: lib.optional (onBridge machine) machine.network.tap;

  # Equal machines refuse each other since Windows 11 24H2.
  alike = lib.groupBy (name: builtins.unsafeDiscardStringContext (toString machines.${name}.image)) (
    lib.filter (name: machines.${name}.identity.sid == "shared") names
  );
in
{
  config = lib.mkIf (machines != { }) {
    assertions =
      lib.concatLists (lib.mapAttrsToList one machines)
      ++ twice "network.mac" macOf (mac: other: "`${mac}` is the card's address of `${other}` too") "two cards of one address hear each other's traffic; leave it out for one of the machine's own"
      ++ twice "network.tap" tapOf (tap: other: "`${tap}` is the interface of `${other}` too") "leave it out for one by the machine's name"
      ++ twice "dataDisk.path" diskOf (folder: other: "the data disk of `${other}` lies in `${folder}` too, and the folder is one machine's own") "name a folder for each, such as `/srv/lucarne/NAME`"
      ++ twice "network.forwardPorts" portsOf (port: other: "`${other}` listens on the host's port ${port} too") "give each a port of its own";

    warnings = lib.concatLists (
      lib.mapAttrsToList (
        _: same:
        lib.optional (lib.length same > 1) (
          "lucarne.machines: ${lib.concatStringsSep ", " same} are of one image and have one security"
          + " identifier: newer Windows refuses to log on from one to the other"
          + "\n  hint: `identity.sid = \"own\"` gives each its own"
        )
      ) alike
    );
  };
}
