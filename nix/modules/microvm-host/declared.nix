# What is known of the guests in `microvm.vms`: by their names the configuration of each that NixOS
# evaluated, by whichever way. A runner of somebody else's has none of microvm.nix' options.
{
  config,
  lib,
  options,
  ...
}:
let
  configOf =
    name: vm:
    if vm.flake or null != null then
      vm.flake.nixosConfigurations.${name}.config
    else if vm.evaluatedConfig or null != null then
      vm.evaluatedConfig.config
    else
      vm.config.config;
  all = lib.optionalAttrs (options ? microvm.vms) (
    lib.mapAttrs configOf config.microvm.vms
  );
in
lib.filterAttrs (_: guest: guest.microvm ? hypervisor) all
