# What is defined of microvm.nix' options: where the guest is enabled, and where there are any.
{
  config,
  lib,
  options,
  ...
}:
settings:
lib.optionalAttrs (options ? microvm.guest) {
  microvm = lib.mkIf config.lucarne.microvm.guest.enable settings;
}
