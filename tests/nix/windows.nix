# `lucarne.lib.windows` over the double of nixpkgs, as the flake makes it.
{
  pkgs ? import ./nixpkgs { },
  tools ? import ./tools.nix,
}:
import ../../nix/lib {
  inherit (pkgs.stdenv.hostPlatform) system;
  inherit tools;
}
