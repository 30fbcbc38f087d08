# What is wrong with a name that a store path shall carry, or null. Nix's own message names the
# derivation and not the argument. An image's name is looked at by src/plan/names.rs too, for people
# without Nix: the same rule in the same words.
name:
let
  # Nix allows 211 bytes, and the derivations of an image add to the name.
  most = 180;
  bytes = builtins.stringLength name;
  problem = what: {
    inherit what;
    hint = "1 to ${toString most} letters, digits and `+-._?=` make a name";
  };
in
if !builtins.isString name then
  problem "is ${import ./kind.nix name}, not a string"
else if name == "" then
  problem "is empty"
else if bytes > most then
  problem "has ${toString bytes} bytes, more than ${toString most}"
else if builtins.substring 0 1 name == "." then
  problem "`${name}` begins with a period"
else if builtins.match "[a-zA-Z0-9+._?=-]*" name == null then
  problem "`${name}` has characters that no store path can have"
else
  null
