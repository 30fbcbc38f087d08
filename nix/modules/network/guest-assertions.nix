# Guests of microvm.nix against what the network knows of them, and against each other. A guest that
# another NixOS evaluated, and of which nothing is known here, has nothing wrong.
{
  config,
  lib,
  options,
  ...
}@module:
told:
let
  inherit (config.lucarne.network) registry;
  inherit (import ../../lib/network/words.nix) attribute ofMachine quoted;
  clashes = import ../../lib/clashes.nix;

  declared = lib.mapAttrs (_: guest: guest.microvm) (import ../microvm-host/declared.nix module);
  known = lib.filterAttrs (name: _: registry ? ${name}) declared;

  ofCard =
    name: guest:
    let
      here = registry.${name};
      taps = lib.filter (it: it.type == "tap") guest.interfaces;
      it = lib.head taps;
      mac = lib.toLower it.mac;
      isOurs = lib.any (it: lib.toLower it.mac == here.mac && it.id == here.tap) taps;
      way = "or take it from our guest's module, which makes it of the host name";
    in
    if taps == [ ] then
      [
        (told "machines.${attribute name}" "the guest has no interface of the type `tap`"
          "give it one, or leave it out by ${quoted name "enable" false}")
      ]
    else if isOurs then
      [ ]
    else
      lib.optional (mac != here.mac) (
        told (ofMachine name "mac")
          "the card's address of the guest is `${mac}`, and `${here.mac}` is made of its name"
          "write ${quoted name "mac" mac}, ${way}"
      )
      ++ lib.optional (it.id != here.tap) (
        told (ofMachine name "tap")
          "the guest's interface is `${it.id}`, and `${here.tap}` is made of its name"
          "write ${quoted name "tap" it.id}, ${way}"
      );

  ofCid =
    name: guest:
    let
      inherit (guest.vsock) cid;
      here = toString registry.${name}.cid;
    in
    lib.optional (cid != null && toString cid != here) (
      told (ofMachine name "cid")
        "the guest's address for vsock is `${toString cid}`, and `${here}` is made of its name"
        "write ${quoted name "cid" cid}, or leave it out of the guest"
    );

  windows = config.lucarne.machines or { };
  # Windows' among themselves are told at their own options.
  ofWindows = it: windows ? ${it.name} && windows ? ${it.first};
  shared =
    of: isTold: what: hint:
    map (
      { name, key, first }:
      told "machines.${attribute name}" "its ${what} `${key}` is that of `${first}` too" hint
    ) (lib.filter (it: !(ofWindows it || isTold it)) (clashes of (keys: keys)));

  # Of the guest's own folder.
  stateDir = config.microvm.stateDir or "/var/lib/microvms";
  placed = name: path: if lib.hasPrefix "/" path then path else "${stateDir}/${name}/${path}";
  volumesOf =
    isOne:
    lib.mapAttrs (
      name: guest: map (volume: placed name volume.image) (lib.filter isOne guest.volumes)
    ) declared;
  dataDisks = lib.mapAttrs (
    _: machine:
    lib.optional (machine.dataDisk != null && machine.dataDisk.path != null) machine.dataDisk.path
  ) windows;
  disks = volumesOf (_: true) // dataDisks;
  # What nobody writes to anybody may read.
  written = lib.concatLists (
    lib.attrValues (volumesOf (volume: !(volume.readOnly or false)) // dataDisks)
  );
  isRead = it: !lib.elem it.key written;
  sockets = lib.mapAttrs (
    name: guest:
    map (placed name) (
      lib.filter (socket: socket != null) (map (share: share.socket or null) guest.shares)
    )
  ) declared;
  files =
    of: isTold: what:
    shared of isTold what "of what two write to at once one loses: give each a file of its own";

  # What each of a host's machines has for itself, on this network or not, with any of its cards.
  isHosts = it: it.type == "tap" || it.type == "macvtap";
  cards = of: lib.mapAttrs (_: guest: map of (lib.filter isHosts guest.interfaces)) declared;
  bridged =
    of:
    lib.mapAttrs (
      _: { network, ... }: lib.optional (network.mode == "bridge" && network.mac != null) (of network)
    ) windows;
  ofHost =
    option: what: owned:
    let
      here = name: toString (registry.${name}.${option} or "");
      registered = lib.mapAttrs (name: _: [ (here name) ]) registry;
      all = builtins.zipAttrsWith (_: lists: lib.unique (lib.concatLists lists)) (
        [ registered ] ++ owned
      );
      isGuests = it: declared ? ${it.name} && declared ? ${it.first};
      isTold =
        it:
        here it.name == it.key && here it.first == it.key
        || isGuests it && config.lucarne.microvm.host.enable or false;
    in
    shared all isTold what "give one of them another";
in
lib.concatLists (lib.mapAttrsToList ofCard known)
++ lib.concatLists (lib.mapAttrsToList ofCid known)
++ files disks isRead "disk"
++ files sockets (_: false) "socket of a share"
++ ofHost "mac" "card's address" [
  (cards (it: lib.toLower it.mac))
  (bridged (network: lib.toLower (lib.replaceStrings [ "-" ] [ ":" ] network.mac)))
]
++ ofHost "tap" "interface" [
  (cards (it: it.id))
  (bridged (network: network.tap))
]
++ ofHost "cid" "address for vsock" [
  (lib.mapAttrs (
    _: guest: lib.optional (guest.vsock.cid != null) (toString guest.vsock.cid)
  ) declared)
]
