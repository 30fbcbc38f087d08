# Volumes that grow with their option. The image is made larger before the guest starts; the file system
# in it grows in the guest, when it is mounted: no program of the host's reads what a guest wrote.
{
  config,
  lib,
  options,
  pkgs,
  ...
}@module:
let
  cfg = config.lucarne.microvm.guest;
  guard = import ./guard.nix module;
  assertion = import ../assertion.nix "lucarne.microvm.guest.mounts";
  isThere = options ? microvm.guest;

  grown = lib.filterAttrs (
    _: mount: mount.enable && mount.volume.enable && mount.volume.grow
  ) cfg.mounts;
  fileSystems = [
    "btrfs"
    "ext3"
    "ext4"
    "xfs"
  ];
  grows = volume: lib.elem (if volume.fsType == null then "ext4" else volume.fsType) fileSystems;
  list = lib.concatMapStringsSep ", " (it: "`${it}`");
  rules = name: { volume, ... }: [
    {
      holds = grows volume;
      at = "${name}.volume.grow";
      what = "the file system `${toString volume.fsType}` does not grow";
      hint = "leave it out, or make the volume one of ${list fileSystems} by `fsType`";
    }
    {
      holds = lib.elem volume.imageType [ null "raw" ];
      at = "${name}.volume.grow";
      what = "an image of the type `${toString volume.imageType}` is no plain file";
      hint = "leave it out, or `imageType`";
    }
    {
      holds = !lib.hasPrefix "/dev/" volume.image;
      at = "${name}.volume.grow";
      what = "`${volume.image}` is a device, and as large as it is";
      hint = "leave it out, and enlarge the device by its own means";
    }
    {
      holds = volume.readOnly != true;
      at = "${name}.volume.grow";
      what = "what is only read grows nowhere";
      hint = "leave it out, or `readOnly`";
    }
    {
      holds = cfg.hypervisor != "vfkit";
      at = "${name}.volume.grow";
      what = "`vfkit` runs nothing before its guest";
      hint = "leave it out, and enlarge the image by hand";
    }
  ];
in
{
  options.lucarne.microvm.guest.mounts = lib.mkOption {
    type = lib.types.attrsOf (
      lib.types.submodule {
        options.volume.grow = lib.mkOption {
          type = lib.types.bool;
          default = false;
          example = true;
          description = ''
            Whether an image that is smaller than `size` is enlarged before the guest starts, and its
            file system when it is mounted. One that is larger is left alone, and the guest does not
            start: a volume never shrinks.
          '';
        };
      }
    );
  };

  config = lib.mkMerge [
    (guard {
      preStart = lib.mkIf (grown != { }) (
        import ./grow-script.nix {
          inherit (config.microvm.vmHostPackages or pkgs) coreutils;
          volumes = lib.mapAttrsToList (name: mount: {
            inherit name;
            inherit (mount.volume) image size;
          }) grown;
        }
      );
    })
    (lib.mkIf (cfg.enable && isThere) {
      assertions = map assertion (lib.concatLists (lib.mapAttrsToList rules grown));
      fileSystems = lib.mapAttrs' (_: mount: {
        name = mount.volume.mountpoint;
        value.autoResize = grows mount.volume;
      }) grown;
    })
  ];
}
