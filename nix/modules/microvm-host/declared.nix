# What is known of the guests in `microvm.vms`: by their names `config.microvm` of each that NixOS
# evaluated, by whichever way. A runner of somebody else's has none of it.
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
    lib.mapAttrs (name: vm: (configOf name vm).microvm) config.microvm.vms
  );
in
lib.filterAttrs (_: guest: guest ? hypervisor) all
