# One of a guest's mounts. What it is made for is the guest's.
{
  hostName,
  hypervisor,
  stateDir,
}:
{ config, lib, name, ... }:
let
  inherit (lib) mkOption types;
  protocols = (import ./capabilities.nix).${hypervisor}.shares;
  # As NixOS takes one.
  place = types.strMatching "/(.*[^/])?";

  # The place of one of the two that a mount can be.
  placeOf =
    part:
    mkOption {
      type = place;
      default = config.mountpoint;
      defaultText = lib.literalExpression "mountpoint";
      example = "/persist";
      description = ''
        Where the ${part} is mounted, where that is not the mount's own place.
      '';
    };

  # An attribute that is handed on: null is the default of microvm.nix.
  handed =
    type: example: description:
    mkOption {
      type = types.nullOr type;
      default = null;
      inherit example description;
    };
in
{
  options = {
    enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether the guest has it.
      '';
    };
    name = mkOption {
      type = types.str;
      default = name;
      defaultText = lib.literalMD "the attribute's name";
      example = "data";
      description = ''
        What the image, the folder and the tag are called by default.
      '';
    };
    mountpoint = mkOption {
      type = place;
      default = "/var/lib/${config.name}";
      defaultText = lib.literalMD "`/var/lib/NAME`";
      example = "/persist";
      description = ''
        Where it is mounted in the guest.
      '';
    };
    neededForBoot = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether it is mounted in the initial RAM disk, before the system that is in it starts.
      '';
    };

    volume = {
      enable = mkOption {
        type = types.bool;
        default = !config.share.enable;
        defaultText = lib.literalExpression "!share.enable";
        example = false;
        description = ''
          Whether it is a volume.
        '';
      };
      sizeGB = mkOption {
        type = types.ints.positive;
        default = 3;
        example = 20;
        description = ''
          The volume's size in 1000 MiB, where `size` does not say it.
        '';
      };
      size = mkOption {
        type = types.ints.positive;
        default = config.volume.sizeGB * 1000;
        defaultText = lib.literalExpression "sizeGB * 1000";
        example = 500;
        description = ''
          The volume's size in MiB. An image that is there keeps its own.
        '';
      };
      mountpoint = placeOf "volume";
      image = mkOption {
        type = types.str;
        default = "${config.name}.img";
        defaultText = lib.literalMD "`NAME.img`";
        example = "/dev/vg0/guest";
        description = ''
          The image, from the guest's state folder on the host, or a device.
        '';
      };
      label = handed types.str "data" ''
        The file system's label, by which the guest finds it.
      '';
      serial = handed types.str "0001" ''
        The disk's serial number.
      '';
      direct = handed types.bool true ''
        Whether the host's page cache is left out.
      '';
      readOnly = handed types.bool true ''
        Whether the guest can only read it.
      '';
      fsType = handed types.str "xfs" ''
        The file system that is made and mounted.
      '';
      mkfsExtraArgs = handed (types.listOf types.str) [ "-m0" ] ''
        Arguments of the program that makes the file system.
      '';
      autoCreate = handed types.bool false ''
        Whether an image that is not there is made before the guest starts.
      '';
      imageType = handed (types.enum [
        "raw"
        "qcow2"
        "vhd"
        "vhdx"
      ]) "qcow2" ''
        The image's format, which cloud-hypervisor alone is told.
      '';
    };

    share = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether it is a share.
        '';
      };
      hostPath = mkOption {
        type = types.strMatching "/.*";
        default = "${stateDir}/${hostName}/${config.name}";
        defaultText = lib.literalMD "`HOSTNAME/NAME` in `stateDir`";
        example = "/srv/documents";
        description = ''
          The folder on the host.
        '';
      };
      mountpoint = placeOf "share";
      tag = mkOption {
        type = types.str;
        default = config.name;
        defaultText = lib.literalMD "the mount's name";
        example = "documents";
        description = ''
          By what the guest asks for it.
        '';
      };
      proto = mkOption {
        type = types.enum [
          "virtiofs"
          "9p"
        ];
        default = if protocols == [ ] then "virtiofs" else lib.head protocols;
        defaultText = lib.literalMD "`virtiofs`, `9p` where the hypervisor has only that";
        example = "9p";
        description = ''
          The protocol.
        '';
      };
      socket = mkOption {
        type = types.nullOr types.str;
        default = if config.share.proto == "virtiofs" then "${config.share.tag}.sock" else null;
        defaultText = lib.literalMD "`TAG.sock` with `virtiofs`";
        example = "documents.sock";
        description = ''
          The socket of virtiofsd, from the guest's state folder on the host.
        '';
      };
      readOnly = handed types.bool true ''
        Whether the guest can only read it.
      '';
      cache = handed (types.enum [
        "auto"
        "always"
        "metadata"
        "never"
      ]) "always" ''
        How long the guest takes what it read for true, with `virtiofs`.
      '';
      posixAcl = handed types.bool false ''
        Whether virtiofsd keeps access lists and extended attributes.
      '';
      extraArgs = handed (types.listOf types.str) [ "--xattr" ] ''
        Arguments of virtiofsd's for this share.
      '';
      securityModel = handed (types.enum [
        "passthrough"
        "none"
        "mapped"
        "mapped-file"
      ]) "mapped" ''
        Whose files are whose, with `9p` and QEMU.
      '';
    };
  };
}
