# A name that a store path may carry, or a sentence that says why not. Nix's own message names
# the derivation and not the argument. An image's name is looked at by src/plan/names.rs too, for
# people without Nix: the same rule in the same words.
at: name:
let
  # Nix allows 211 bytes, and the derivations of an image add to the name.
  most = 180;

  # What src/spec/words.rs calls them.
  kinds = {
    bool = "a boolean";
    float = "a float";
    int = "an integer";
    lambda = "a function";
    list = "a list";
    null = "null";
    path = "a path";
    set = "an attribute set";
  };

  bytes = builtins.stringLength name;
  say =
    what:
    throw (
      "lucarne: ${at}: name: ${what}\n"
      + "hint: 1 to ${toString most} letters, digits and `+-._?=` make a name"
    );
in
if !builtins.isString name then
  say "is ${kinds.${builtins.typeOf name}}, not a string"
else if name == "" then
  say "is empty"
else if bytes > most then
  say "has ${toString bytes} bytes, more than ${toString most}"
else if builtins.substring 0 1 name == "." then
  say "`${name}` begins with a period"
else if builtins.match "[a-zA-Z0-9+._?=-]*" name == null then
  say "`${name}` has characters that no store path can have"
else
  name
