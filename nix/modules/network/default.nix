# The NixOS module of one network for all machines of a host: `lucarne.network`. It needs neither
# `lucarne.machines` nor microvm.nix: what is there registers.
{
  imports = [
    ./assertions.nix
    ./document.nix
    ./host.nix
    ./options.nix
    ./plan.nix
    ./server.nix
  ];
}
