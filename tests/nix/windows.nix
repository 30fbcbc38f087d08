# `lucarne.lib.windows` over the double of nixpkgs, as the flake makes it.
{
  pkgs ? import ./nixpkgs { },
  tools ? import ../../nix/tools.nix {
    inherit pkgs;
    builder = pkgs.callPackage ../../nix/packages/lucarne-builder.nix { };
  },
}:
import ../../nix/lib {
  inherit (pkgs.stdenv.hostPlatform) system;
  inherit tools;
}
