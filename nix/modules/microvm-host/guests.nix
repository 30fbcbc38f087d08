# What each of the guests that a host declares must have for itself.
{
  config,
  lib,
  options,
  ...
}@module:
let
  cfg = config.lucarne.microvm.host;
  assertion = import ../assertion.nix "microvm.vms";
  guests = import ./declared.nix module;

  # Those that the host has under their names.
  isOfHost =
    interface:
    lib.elem interface.type [
      "tap"
      "macvtap"
    ];

  # Told of all but the first.
  clashes = import ../clashes.nix { inherit lib; } guests;
  unique =
    { what, of, hint }:
    map (
      {
        name,
        key,
        first,
      }:
      {
        holds = false;
        at = name;
        what = "its ${what} `${key}` is that of `${first}` too";
        inherit hint;
      }
    ) (clashes of);
in
{
  config = lib.mkIf cfg.enable {
    assertions = map assertion (
      lib.concatMap unique [
        {
          what = "card's address";
          of = guest: map (interface: lib.toLower interface.mac) guest.microvm.interfaces;
          hint = "leave `network.base.n` and `mac` out for one by the host name, or give each its own";
        }
        {
          what = "interface";
          of = guest: map (it: it.id) (lib.filter isOfHost guest.microvm.interfaces);
          hint = "give each a host name of its own, or `network.base.id`";
        }
        {
          # Others are in each guest's own folder.
          what = "volume";
          of =
            { microvm, ... }:
            map (volume: volume.image) (
              lib.filter (volume: lib.hasPrefix "/" volume.image && !(volume.readOnly or false)) microvm.volumes
            );
          hint = "give each an image of its own, or let all of them only read it by `readOnly`";
        }
        {
          what = "vsock address";
          of =
            { microvm, ... }:
            lib.optional (microvm.vsock.cid != null) (toString microvm.vsock.cid);
          hint = "give each a `cid` of its own, from 3 on";
        }
        {
          # By which the host tells their journals from each other.
          what = "machine-id";
          of =
            guest:
            let
              id = import ./machine-id.nix { inherit guest lib; };
            in
            lib.optional (id != null) id;
          hint = "give each a `machineid` of its own, or leave it out";
        }
      ]
    );
  };
}
