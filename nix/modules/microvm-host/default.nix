# The NixOS module of a host with Linux guests of microvm.nix: `lucarne.microvm.host`. It needs
# neither `lucarne.machines` nor that project's own host module.
{
  imports = [
    ./assertions.nix
    ./bridge-helper.nix
    ./guests.nix
    ./hardening.nix
    ./journals.nix
    ./machines.nix
    ./network.nix
    ./options.nix
    ./prune.nix
    ./resources.nix
  ];
}
