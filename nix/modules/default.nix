# The NixOS module: `lucarne.machines.<name>`. { package, tools } are what its options default to.
given: {
  _file = "lucarne/nix/modules";
  # Several modules of a host may import it.
  key = "lucarne/nix/modules";
  imports = [
    (import ./options.nix given)
    ./assertions.nix
    ./host.nix
    ./machines.nix
    ./microvm.nix
    ./network
    ./network/machines.nix
    ./warnings.nix
  ];
}
