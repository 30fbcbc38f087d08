# Kinds of guests: what is set for one, each of it less strong than what somebody says himself.
{ config, lib, ... }:
let
  inherit (lib) mkDefault mkOption types;
  cfg = config.lucarne.microvm.guest;
  is = profile: cfg.enable && lib.elem profile cfg.profiles;
  known = import ./known-mounts.nix { inherit lib; };
  hasShares = (import ./capabilities.nix).${cfg.hypervisor}.shares != [ ];
  on = mount: mount // { enable = mkDefault true; };
in
{
  options.lucarne.microvm.guest.profiles = mkOption {
    type = types.listOf (
      types.enum [
        "server"
        "dev"
        "disposable"
        "journal"
      ]
    );
    default = [ ];
    example = [
      "server"
      "journal"
    ];
    description = ''
      What the guest is for. `server` keeps `/var` on a volume, and what `persist` keeps; `dev` adds to
      its store and keeps `/home`; `disposable` keeps nothing, its journal neither; `journal`
      writes its journal to a share of the host's.
    '';
  };

  config = {
    lucarne.microvm.guest = lib.mkMerge [
      (lib.mkIf (is "server") {
        mounts.var = on known.var;
        persist.enable = mkDefault true;
      })
      (lib.mkIf (is "dev") {
        # A hypervisor without shares has a store of its own below.
        store.readonly.enable = mkDefault hasShares;
        store.readwrite.enable = mkDefault true;
        mounts.home = on known.home // {
          share.enable = mkDefault hasShares;
        };
        persist.enable = mkDefault true;
      })
      (lib.mkIf (is "disposable") { store.readonly.enable = mkDefault hasShares; })
      (lib.mkIf (is "journal") { mounts.journal = on known.journal; })
    ];

    services.journald.storage = lib.mkMerge [
      (lib.mkIf (is "disposable") (mkDefault "volatile"))
      (lib.mkIf (is "journal") (lib.mkOverride 900 "persistent"))
    ];
  };
}
