# Mounts that many guests have, each disabled until somebody enables it.
{ lib }:
{
  containers.share.enable = lib.mkDefault true;
  etc = {
    mountpoint = lib.mkDefault "/etc";
    neededForBoot = lib.mkDefault true;
    volume.size = lib.mkDefault 50;
  };
  home = {
    mountpoint = lib.mkDefault "/home";
    share.enable = lib.mkDefault true;
  };
  journal = {
    mountpoint = lib.mkDefault "/var/log/journal";
    share.enable = lib.mkDefault true;
  };
  var = {
    mountpoint = lib.mkDefault "/var";
    neededForBoot = lib.mkDefault true;
    volume.sizeGB = lib.mkDefault 1;
  };
}
