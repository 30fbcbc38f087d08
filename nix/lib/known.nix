# A set of arguments of which each is known, or a sentence that names every other one, with what was
# meant. For functions whose arguments do not travel to Rust.
let
  nearest = import ./nearest.nix;
in
at: names: args:
let
  unknown = builtins.filter (name: !builtins.elem name names) (builtins.attrNames args);
  tell =
    name:
    let
      meant = nearest name names;
    in
    "`${name}`" + (if meant == null then "" else ", did you mean `${meant}`?");
  hint = "hint: there are ${builtins.concatStringsSep ", " names}";
in
if unknown == [ ] then
  args
else
  throw (
    builtins.concatStringsSep "\n" (
      map (name: "lucarne: ${at}: no such argument: ${tell name}") unknown ++ [ hint ]
    )
  )
