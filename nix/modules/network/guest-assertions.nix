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
  clashes = import ../clashes.nix { inherit lib; };

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

  # What is not below the guest's own folder is the host's.
  isHosts = lib.hasPrefix "/";
  disks = lib.mapAttrs (_: guest: map (volume: volume.image) guest.volumes) declared;
  sockets = lib.mapAttrs (
    _: guest: lib.filter (socket: socket != null) (map (share: share.socket or null) guest.shares)
  ) declared;
  # Windows' among themselves are told at their own options.
  windows = lib.mapAttrs (
    _: machine:
    lib.optional (machine.dataDisk != null && machine.dataDisk.path != null) machine.dataDisk.path
  ) (config.lucarne.machines or { });
  isWindows = name: windows ? ${name};
  files =
    what: of:
    map
      (
        { name, key, first }:
        told "machines.${attribute name}" "its ${what} `${key}` is that of `${first}` too"
          "of what two write to at once one loses: give each a file of its own"
      )
      (
        lib.filter (it: !(isWindows it.name && isWindows it.first)) (
          clashes (lib.mapAttrs (_: lib.filter isHosts) of) (paths: paths)
        )
      );
in
lib.concatLists (lib.mapAttrsToList ofCard known)
++ lib.concatLists (lib.mapAttrsToList ofCid known)
++ files "disk" (disks // windows)
++ files "socket of a share" sockets
