# The tools that the flake takes from nixpkgs, here from its double.
let
  pkgs = import ./nixpkgs { };
in
import ../../nix/tools.nix {
  inherit pkgs;
  builder = pkgs.callPackage ../../nix/packages/lucarne-builder.nix { };
  lucarne = pkgs.callPackage ../../nix/packages/lucarne.nix { };
  guest = pkgs.pkgsCross.mingwW64.callPackage ../../nix/packages/lucarne-guest.nix { };
}
