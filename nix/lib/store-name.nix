# A name that a store path may carry, or a sentence that says why not. Nix's own message names
# the derivation and not the argument.
at: name:
let
  say = what: throw "lucarne: ${at}: `name` ${what}";
in
if !builtins.isString name then
  say "must be a string, and is a ${builtins.typeOf name}"
else if name == "" then
  say "is empty"
# Nix allows 211 characters, and the derivations of an image add to the name.
else if builtins.stringLength name > 180 then
  say "has ${toString (builtins.stringLength name)} characters; store paths take 180"
else if builtins.match "[a-zA-Z0-9+_?=-][a-zA-Z0-9+._?=-]*" name == null then
  say "is `${name}`; store paths take letters, digits and `+-._?=`, and no `.` in front"
else
  name
