# The module over the NixOS of a nixpkgs, evaluated; a derivation, so that `nix flake check` sees
# it. A double of nixpkgs has no NixOS: there the double of that has to do (tests/nix/machines.nix).
{ pkgs, nixpkgs }:
let
  results = import ../../tests/nix/nixos.nix { inherit nixpkgs; };
  told = builtins.toJSON results.failed;
in
if !builtins.pathExists (nixpkgs + "/nixos/lib/eval-config.nix") then
  pkgs.writeText "lucarne-modules" "[ ]"
else if results.failed == [ ] then
  pkgs.writeText "lucarne-modules" (builtins.toJSON results.passed)
else
  throw "lucarne: modules: ${toString (builtins.length results.failed)} differ: ${told}"
