# One value over another: sets are merged name by name, at every depth, everything else is replaced.
# What is one value in a set's clothes, as a package or a flake's input, is replaced whole.
let
  isWhole = import ./is-whole.nix;
  isSet = value: builtins.isAttrs value && !isWhole value;
  merge =
    below: above:
    if isSet below && isSet above then
      below
      // builtins.mapAttrs (
        name: value: if below ? ${name} then merge below.${name} value else value
      ) above
    else
      above;
in
merge
