# The NixOS module of a Linux guest of microvm.nix: `lucarne.microvm.guest`. That project's own guest
# module is imported beside it.
{
  imports = [
    ./assertions.nix
    ./grow.nix
    ./hardware.nix
    ./identity.nix
    ./mounts.nix
    ./network.nix
    ./persist.nix
    ./profiles.nix
    ./store.nix
  ];
}
