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
  inherit (config.microvm) stateDir;

  declared = import ./declared.nix module;
  isHardened =
    name: _: (cfg.guests.${name} or { hardening = cfg.hardening; }).hardening.enable;
  hardened = lib.filterAttrs isHardened declared;

  serviceConfig =
    name:
    { microvm, ... }:
    let
      hardening = cfg.guests.${name}.hardening or { };
    in
    confine {
      inherit microvm stateDir;
      folder = "${stateDir}/${name}";
      paths = hardening.paths or [ ];
      internet = hardening.internet or false;
    };

  leave = "or leave it without confines by `hardening.enable = false`";
  inherit (import ../../lib/paths.nix) isAbsolute isInRoot;
  # Files whose folder, which the hypervisor writes to, would be the root.
  bare =
    microvm:
    lib.filter (path: path != null && isAbsolute path && isInRoot path) (
      map (volume: volume.image) microvm.volumes ++ [ microvm.socket ]
    );
  inRoot = name: path: {
    holds = false;
    at = "${name}.hardening";
    what = "`${path}` lies in the root, which the confines would leave its hypervisor to write to";
    hint = "give it a folder of its own, ${leave}";
  };
  rules = name: { microvm, ... }: map (inRoot name) (bare microvm) ++ [
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
        Whether each guest that the host declares is confined: its hypervisor sees the devices that it
        needs and no other guest's folder, writes nowhere but in its own, has no rights and a filter of
        system calls.
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
        );
      }
      (lib.mkIf (options ? microvm.vms) {
        systemd.services = lib.mapAttrs' (name: guest: {
          name = "microvm@${name}";
          value.serviceConfig = serviceConfig name guest;
        }) hardened;
      })
    ]
  );
}
