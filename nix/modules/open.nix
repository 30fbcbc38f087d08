# What of a machine's listens for others than the host itself, as listens.nix has it.
lib: machine:
let
  isOpen = listens: !(lib.hasPrefix "127." listens.address || listens.address == "::1");
in
lib.filter isOpen (import ./listens.nix machine)
