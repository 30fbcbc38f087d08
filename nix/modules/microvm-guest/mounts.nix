# Volumes and shares as one thing: what is mounted where, and what it is of.
{
  config,
  lib,
  options,
  ...
}@module:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.microvm.guest;
  guard = import ./guard.nix module;

  mounts = lib.filter (mount: mount.enable) (lib.attrValues cfg.mounts);
  shares = lib.filter (mount: mount.share.enable) mounts;
  volumes = lib.filter (mount: mount.volume.enable) mounts;
  # What is null is microvm.nix' default, whatever its version knows.
  said = names: set: lib.filterAttrs (name: value: lib.elem name names && value != null) set;

  volume =
    { volume, ... }:
    said [
      "autoCreate"
      "direct"
      "fsType"
      "image"
      "imageType"
      "label"
      "mkfsExtraArgs"
      "readOnly"
      "serial"
      "size"
    ] volume
    // {
      mountPoint = volume.mountpoint;
    };
  share =
    { share, ... }:
    said [
      "cache"
      "extraArgs"
      "posixAcl"
      "proto"
      "readOnly"
      "securityModel"
      "socket"
      "tag"
    ] share
    // {
      mountPoint = share.mountpoint;
      source = share.hostPath;
    };

  early =
    mount:
    lib.optional (mount.neededForBoot && mount.share.enable) mount.share.mountpoint
    ++ lib.optional (mount.neededForBoot && mount.volume.enable) mount.volume.mountpoint;
in
{
  options.lucarne.microvm.guest.stateDir = mkOption {
    type = types.strMatching "/.*[^/]";
    default = "/var/lib/microvms";
    example = "/srv/guests";
    description = ''
      The folder of all guests on the host, its `microvm.stateDir`: shares lie there by default.
    '';
  };

  options.lucarne.microvm.guest.mounts = mkOption {
    type = types.attrsOf (
      types.submodule {
        imports = [
          (import ./mount.nix {
            inherit (cfg) hypervisor stateDir;
            inherit (config.networking) hostName;
          })
        ];
      }
    );
    default = { };
    example = {
      cni = {
        enable = true;
        mountpoint = "/var/lib/cni";
        volume.size = 1000;
      };
    };
    description = ''
      What is mounted in the guest, by names: a volume, which is an image of its own on the host, or
      a share, which is a folder of the host's.
    '';
  };

  config = lib.mkMerge [
    (guard {
      shares = map share shares;
      volumes = map volume volumes;
    })
    {
      fileSystems = lib.mkIf cfg.enable (
        lib.genAttrs (lib.concatMap early mounts) (_: { neededForBoot = true; })
      );
    }
  ];
}
