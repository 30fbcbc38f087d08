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
  inherit (import ../../lib/paths.nix) isIn isSame normal;

  # Each guest's images, wherever they are, and those of all that somebody writes to.
  images = lib.mapAttrs (
    name:
    { microvm, ... }:
    map (image: image // { path = normal image.path; })
      (import ./places.nix {
        inherit microvm;
        folder = "${config.microvm.stateDir}/${name}";
      }).images
  ) guests;
  isWritten = image: !(image.readOnly or false);
  pathsOf = map (image: image.path);
  written = lib.concatMap (it: pathsOf (lib.filter isWritten it)) (lib.attrValues images);
  isOfWriter = path: lib.elem path written;

  # Shares that lie where a guest takes its host's guests to be, and they are elsewhere.
  lost = name: guest: {
    holds =
      let
        theirs = guest.lucarne.microvm.guest.stateDir or config.microvm.stateDir;
      in
      isSame theirs config.microvm.stateDir
      || !lib.any (share: isIn theirs share.source) guest.microvm.shares;
    at = name;
    what = "its shares lie where this host has no guests: they are in `${config.microvm.stateDir}`";
    hint = "name that folder as the guest's `lucarne.microvm.guest.stateDir`";
  };

  # Those that the host has under their names.
  isOfHost =
    interface:
    lib.elem interface.type [
      "tap"
      "macvtap"
    ];

  # Told of all but the first.
  clashes = of: import ../../lib/clashes.nix (lib.mapAttrs of guests) (keys: keys);
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
      lib.mapAttrsToList lost guests
      ++ lib.concatMap unique [
        {
          what = "card's address";
          of = _: guest: map (interface: lib.toLower interface.mac) guest.microvm.interfaces;
          hint = "leave `network.base.n` and `mac` out for one by the host name, or give each its own";
        }
        {
          what = "interface";
          of = _: guest: map (it: it.id) (lib.filter isOfHost guest.microvm.interfaces);
          hint = "give each a host name of its own, or `network.base.id`";
        }
        {
          # One that all of them only read is nobody's alone.
          what = "volume";
          of = name: _: lib.filter isOfWriter (pathsOf images.${name});
          hint = "give each an image of its own, or let all of them only read it by `readOnly`";
        }
        {
          what = "vsock address";
          of =
            _:
            { microvm, ... }:
            lib.optional (microvm.vsock.cid != null) (toString microvm.vsock.cid);
          hint = "give each a `cid` of its own, from 3 on";
        }
        {
          # By which the host tells their journals from each other.
          what = "machine-id";
          of =
            _: guest:
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
