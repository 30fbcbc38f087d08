# Each machine as a package and as a service.
{ config, lib, ... }:
let
  cfg = config.lucarne;
  own = lib.filterAttrs (_: machine: !machine.asMicrovm) cfg.machines;

  makeMachine = import ../lib/machine/make-machine.nix {
    # Windows' images are of no other.
    system = "x86_64-linux";
    tools = cfg.tools // {
      lucarne = "${cfg.package}/bin/lucarne";
    };
  };

  service =
    _: machine:
    machine.runner.service {
      inherit (cfg) group;
      credentials = (import ./secrets.nix machine).files;
      target = if machine.autoStart then "lucarne.target" else null;
      inherit (machine) restart restartIfChanged;
      inherit (machine.resources) cpuQuota memoryMax;
    };
in
{
  options.lucarne.machines = lib.mkOption {
    type = lib.types.attrsOf (
      lib.types.submodule (
        { config, name, ... }:
        {
          runner = makeMachine (import ./spec.nix name config);
          spec = config.runner.machine;
        }
      )
    );
  };

  config = lib.mkIf (cfg.machines != { }) {
    systemd.services = lib.mapAttrs' (name: machine: {
      name = "lucarne-${name}";
      value = service name machine;
    }) own;

    # Neither does the host's start wait for Windows, nor a switch to another configuration: a
    # target without default dependencies does not wait for what it wants.
    systemd.targets.lucarne = {
      description = "Windows machines";
      wantedBy = [ "multi-user.target" ];
      conflicts = [ "shutdown.target" ];
      before = [ "shutdown.target" ];
      unitConfig.DefaultDependencies = false;
    };
  };
}
