# What docs/remote-builders.md shows, over a double of the options of NixOS that it sets: its blocks
# -> of each what NixOS would say is wrong, and of all the machines to build on, whole.
blocks:
let
  lib = import ./nixpkgs/lib.nix;
  inherit (lib) mkOption types;
  free = default: type: mkOption { inherit default type; };
  maybe = free null (types.nullOr types.str);
  texts = free [ ] (types.listOf types.str);

  # As nixos/modules/config/nix-remote-build.nix has them.
  machine.options = {
    hostName = mkOption { type = types.str; };
    protocol = free "ssh" (
      types.enum [
        "ssh"
        "ssh-ng"
      ]
    );
    systems = texts;
    sshUser = maybe;
    sshKey = maybe;
    maxJobs = free 1 types.ints.positive;
    speedFactor = free 1 types.ints.positive;
    supportedFeatures = texts;
    mandatoryFeatures = texts;
    publicHostKey = maybe;
  };

  # As nixos/modules/services/misc/nix-ssh-serve.nix.
  sshServe = {
    enable = free false types.bool;
    keys = texts;
    protocol = free "ssh" (
      types.enum [
        "ssh"
        "ssh-ng"
      ]
    );
    write = free false types.bool;
  };

  nixos.options = {
    nix = {
      buildMachines = free [ ] (types.listOf (types.submodule machine));
      distributedBuilds = free false types.bool;
      gc.automatic = free false types.bool;
      inherit sshServe;
      settings = {
        always-allow-substitutes = free false types.bool;
        build-dir = free null (types.nullOr types.path);
        builders-use-substitutes = free false types.bool;
        max-jobs = free 1 types.ints.positive;
        substituters = texts;
        extra-system-features = texts;
        system-features = texts;
        trusted-public-keys = texts;
        trusted-users = texts;
      };
    };
    services.hydra.extraConfig = free "" types.lines;
    systemd.tmpfiles.rules = texts;
  };

  evaluate = import ./nixpkgs/modules.nix lib "";
  configs = map (block: (evaluate [ nixos block ] { }).config) blocks;

  machines = builtins.concatMap (config: config.nix.buildMachines) configs;
  settings = map (config: config.nix.settings) configs;

  # What Nix says of a machine that nobody told it more of (`getDefaultSystemFeatures`), `kvm` and
  # `uid-range` aside.
  default = [
    "nixos-test"
    "benchmark"
    "big-parallel"
  ];
  features = default ++ builtins.concatMap (it: it.extra-system-features) settings;
in
{
  # Whoever pastes a block keeps those.
  lost = builtins.concatMap (
    it: if it.system-features == [ ] then [ ] else lib.subtractLists it.system-features default
  ) settings;
  # What a builder is asked for, it must say that it has.
  unknown = builtins.concatMap (
    machine: lib.subtractLists features (machine.supportedFeatures ++ machine.mandatoryFeatures)
  ) machines;
  inherit machines;
  # Forces every value.
  all = builtins.toJSON configs;
}
