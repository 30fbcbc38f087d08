# The cases and the rules of nix/lib, evaluated; a derivation, so that `nix flake check` sees it.
{ pkgs }:
let
  results = import ../../tests/nix/eval.nix;
  told = builtins.toJSON results.failed;
in
if results.failed == [ ] then
  pkgs.writeText "lucarne-evaluation" (builtins.toJSON results.passed)
else
  throw "lucarne: evaluation: ${toString (builtins.length results.failed)} differ: ${told}"
