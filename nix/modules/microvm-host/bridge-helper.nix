# QEMU's bridge helper with the one right that it needs.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.lucarne.microvm.host;
in
{
  # libvirtd makes it root's by setuid, and NixOS takes no wrapper with both. Where libvirtd is
  # enabled microvm.nix leaves the capability to it, so it is said here.
  config.security.wrappers = lib.mkIf (cfg.enable && cfg.qemu-bridge-fix) {
    qemu-bridge-helper = {
      setuid = lib.mkForce false;
      source = lib.mkForce "${pkgs.qemu}/libexec/qemu-bridge-helper";
      capabilities = lib.mkForce "cap_net_admin+ep";
      owner = lib.mkDefault "root";
      group = lib.mkDefault "root";
    };
  };
}
