# The confines of `microvm@NAME`: a guest that got out of its hypervisor finds little.
{
  config,
  lib,
  options,
  ...
}@module:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.microvm.host;
  assertion = import ../assertion.nix "lucarne.microvm.host.guests";
  confine = import ./confine.nix;
  isThere = options ? microvm.vms;
  inherit (config.microvm) stateDir;

  declared = import ./declared.nix module;
  isHardened =
    name: _: (cfg.guests.${name} or { hardening = cfg.hardening; }).hardening.enable;
  hardened = lib.filterAttrs isHardened declared;

  # What both the confines and the assertions are made of.
  given =
    name:
    { microvm, ... }:
    {
      inherit microvm;
      folder = "${stateDir}/${name}";
      paths = cfg.guests.${name}.hardening.paths or [ ];
    };
  serviceConfig =
    name: guest:
    confine (
      given name guest
      // {
        inherit stateDir;
        internet = cfg.guests.${name}.hardening.internet or false;
      }
    );

  leave = "or leave it without confines by `hardening.enable = false`";
  inherit (import ../../lib/paths.nix) isIn isPlain;
  # Folders that would be the hypervisor's to write to, and all guests' with them; and what a unit
  # cannot name.
  ofPlaces =
    name: guest:
    let
      mine = given name guest;
      places = import ./places.nix mine;
      isAbove = path: isIn path stateDir;
      isOdd = path: !isPlain path;
    in
    map (above name) (lib.filter isAbove (lib.unique places.writable))
    ++ map (odd name) (
      lib.filter isOdd (
        lib.unique (
          [ mine.folder ]
          ++ lib.filter (path: !isAbove path) places.writable
          ++ places.readable
          ++ places.seen
          ++ map (image: image.path) places.devices
        )
      )
    );
  above = name: path: {
    holds = false;
    at = "${name}.hardening";
    what = "`${path}` would be its hypervisor's to write to, with what is in it of all guests";
    hint = "keep its volumes, its socket and its shares in a folder of their own, ${leave}";
  };
  odd = name: path: {
    holds = false;
    at = "${name}.hardening";
    what = "`${path}` is not written plainly, as the confines need it";
    hint =
      "write it from the root on, without quotation marks, `\\`, `:`, `.`, `..`, `//` and `/` at its end,"
      + " ${leave}";
  };
  rules = name: { microvm, ... }@guest: ofPlaces name guest ++ [
    {
      holds = !lib.any (interface: interface.type == "bridge") microvm.interfaces;
      at = "${name}.hardening";
      what = "QEMU's bridge helper has rights that the confines take from it";
      hint = "make the guest's interface a `tap`, which the host's bridge takes by its name, ${leave}";
    }
    {
      holds = !(microvm.graphics.enable or false);
      at = "${name}.hardening";
      what = "its window needs a desktop, whose sockets the confines hide";
      hint = "leave `microvm.graphics` out, ${leave}";
    }
  ];
  unknown = name: guest: {
    holds = !guest.hardening.enable || declared ? ${name};
    at = "${name}.hardening";
    what = "nothing is known of its hypervisor, for no NixOS in `microvm.vms` is it";
    hint = "declare it there, ${leave}";
  };
in
{
  options.lucarne.microvm.host = {
    hardening.enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether each guest that the host declares is confined: its hypervisor opens the devices that it
        needs and sees no other guest's folder, writes nowhere but in its own, in those of its volumes
        and its socket, to its shares by 9p and to `guests.NAME.hardening.paths`, has no rights and a
        filter of system calls.
      '';
    };

    guests = mkOption {
      type = types.attrsOf (
        types.submodule (
          { name, ... }:
          {
            options.hardening = {
              enable = mkOption {
                type = types.bool;
                default = cfg.hardening.enable && declared ? ${name};
                defaultText = lib.literalExpression "config.lucarne.microvm.host.hardening.enable";
                example = true;
                description = ''
                  Whether it is confined.
                '';
              };
              paths = mkOption {
                type = types.listOf (types.strMatching "/.*");
                default = [ ];
                example = [ "/srv/dumps" ];
                description = ''
                  Folders of the host's that its hypervisor writes to, beside those of its volumes and
                  shares. They must be there.
                '';
              };
              internet = mkOption {
                type = types.bool;
                default = false;
                example = true;
                description = ''
                  Whether its hypervisor itself may speak IP, as one does that has a screen on a port.
                  Interfaces of the type `user` may anyhow, others need it not.
                '';
              };
            };
          }
        )
      );
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = map assertion (
          lib.concatLists (lib.mapAttrsToList rules hardened) ++ lib.mapAttrsToList unknown cfg.guests
        )
        ++ [
          (import ../assertion.nix "lucarne.microvm.host" {
            holds = isThere || !cfg.hardening.enable;
            at = "hardening";
            what = "microvm.nix' host is not there, and has no guests to confine";
            hint = "import `microvm.nixosModules.host`";
          })
        ];
      }
      (lib.mkIf isThere {
        systemd.services = lib.mapAttrs' (name: guest: {
          name = "microvm@${name}";
          value.serviceConfig = serviceConfig name guest;
        }) hardened;
      })
    ]
  );
}
