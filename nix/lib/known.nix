# A set of arguments of which each is known, or a sentence that names every other one, with what was
# meant. For functions whose arguments do not travel to Rust.
let
  unknown = import ./unknown.nix;
in
at: names: args:
let
  wrong = unknown names args;
  hint = "hint: ${(builtins.head wrong).hint}";
in
if wrong == [ ] then
  args
else
  throw (
    builtins.concatStringsSep "\n" (map ({ what, ... }: "lucarne: ${at}: ${what}") wrong ++ [ hint ])
  )
