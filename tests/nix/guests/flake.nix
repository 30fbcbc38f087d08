{
  description = "A double of microvm.nix: its modules as far as ours read or define their options";

  outputs = _: {
    nixosModules = {
      host = (import ./double.nix).theirHost;
      microvm = (import ./double.nix).theirGuest;
    };
  };
}
