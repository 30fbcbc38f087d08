# What a guest keeps, where, and beside whom: who makes the users, and the module impermanence.
{
  impermanence,
  lib,
  nixpkgs,
  system,
}:
let
  inherit (system)
    failed
    guest
    isWhole
    kept
    ;

  scripts = config: config.system.activationScripts;
  ofScripts = config: {
    failed = failed config;
    whole = isWhole config;
    persists = lib.hasInfix "/persist/var/lib/nixos" (scripts config).lucarnePersist.text;
    after = (scripts config).users.deps or [ ];
  };
  alone = {
    failed = [ ];
    whole = true;
    persists = true;
    after = [ ];
  };
  bySysusers = {
    systemd.sysusers.enable = true;
    users.mutableUsers = false;
    users.allowNoPasswordLogin = true;
  };
  userborn = "nixos/modules/services/system/userborn.nix";
  # Which this NixOS may not have yet, and then makes its script all the same.
  byUserborn = {
    options = lib.optionalAttrs (!lib.pathExists (nixpkgs + "/${userborn}")) {
      services.userborn.enable = lib.mkOption { default = false; };
    };
    config.services.userborn.enable = true;
  };
in
{
  # Where a service makes the users no script of NixOS' does, and ours is before both.
  guest-persist-users = {
    got = lib.mapAttrs (
      _: module:
      ofScripts (guest [
        { lucarne.microvm.guest.persist.enable = true; }
        module
      ])
    ) {
      script = { };
      sysusers = bySysusers;
      userborn = byUserborn;
    };
    want = {
      script = {
        failed = [ ];
        whole = true;
        persists = true;
        after = [ "lucarnePersist" ];
      };
      sysusers = alone;
      userborn = alone;
    };
  };
  # Where the volume, or the share, has a place of its own.
  guest-persist-place = {
    got = lib.mapAttrs (
      _: mount:
      let
        config = guest [
          {
            lucarne.microvm.guest = {
              persist.enable = true;
              mounts.persist = mount;
            };
          }
        ];
      in
      {
        inherit (kept config) failed hostKeys script;
        early = config.fileSystems."/kept".neededForBoot;
      }
    ) {
      volume.volume.mountpoint = "/kept";
      share.share = {
        enable = true;
        mountpoint = "/kept";
      };
    };
    want = lib.genAttrs [ "volume" "share" ] (_: {
      failed = [ ];
      hostKeys = [ "/kept/etc/ssh/ssh_host_ed25519_key" ];
      script = [
        "mountpoint -q /var/lib/nixos; then"
        "mkdir -p /var/lib/nixos /kept/var/lib/nixos"
        "mount --bind /kept/var/lib/nixos /var/lib/nixos"
      ];
      early = true;
    });
  };
}
// lib.optionalAttrs (impermanence != null) {
  # With that module beside ours there is no script of ours.
  guest-impermanence =
    let
      config = guest [
        (impermanence + "/nixos.nix")
        { lucarne.microvm.guest.persist.enable = true; }
      ];
    in
    {
      got = {
        failed = failed config;
        whole = isWhole config;
        script = config.system.activationScripts ? lucarnePersist;
        directories = map (it: it.dirPath) config.environment.persistence."/persist".directories;
      };
      want = {
        failed = [ ];
        whole = true;
        script = false;
        directories = [ "/var/lib/nixos" ];
      };
    };
}
