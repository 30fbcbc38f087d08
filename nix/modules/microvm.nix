# Machines that microvm.nix's host runs, where its module is imported: the runner as it wants one,
# and beside its unit a drop-in with what that has not: credentials, folders, time to shut down,
# confines.
{
  config,
  lib,
  options,
  ...
}:
let
  inherit (config.lucarne) machines;
  theirs = lib.filterAttrs (_: machine: machine.asMicrovm) machines;

  isOurs = name: !builtins.elem name (import ./microvm-own.nix);

  service =
    machine:
    machine.runner.service {
      inherit (config.lucarne) group;
      credentials = (import ./secrets.nix machine).files;
      tapIsElsewhere = true;
      inherit (machine) restart;
      inherit (machine.resources) cpuQuota memoryMax;
    };

  dropIns = name: machine: {
    "microvm@${name}" = {
      inherit (service machine) unitConfig;
      serviceConfig = lib.filterAttrs (setting: _: isOurs setting) (service machine).serviceConfig;
    };
    # Its bridge is there before its TAP interface.
    "microvm-tap-interfaces@${name}" = {
      inherit (service machine) wants;
      after = (service machine).wants;
    };
  };
in
{
  # Whether that host is there at all is told among the assertions.
  config = lib.optionalAttrs (options ? microvm.vms) {
    microvm.vms = lib.mapAttrs (_: machine: {
      evaluatedConfig = machine.runner.asMicrovm;
      autostart = machine.autoStart;
      inherit (machine) restartIfChanged;
    }) theirs;

    systemd.services = lib.mkMerge (lib.mapAttrsToList dropIns theirs);
  };
}
