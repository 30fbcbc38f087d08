# makeSystemdService: the earlier system's function of this name, a value of `systemd.services`.
# { systemImage, name, … } -> the service of a machine, which is checked when it is built.
{ system, tools }@builds:
let
  machineOf = import ./seed-machine.nix;
  makeMachine = import ./machine/make-machine.nix builds;
in
args:
let
  machine = machineOf args;
in
# What is wrong with the arguments is told before they are taken for a set.
builtins.seq machine (
  (makeMachine machine).service (
    builtins.intersectAttrs {
      credentials = null;
      group = null;
      restart = null;
    } args
  )
)
