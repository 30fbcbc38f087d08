# The names of a set that nobody knows, each with what was meant. names -> set -> { what, hint }.
let
  nearest = import ./nearest.nix;
in
names: set:
let
  are = if builtins.length names == 1 then "is" else "are";
  unknown = builtins.filter (name: !builtins.elem name names) (builtins.attrNames set);
  tell =
    name:
    let
      meant = nearest name names;
    in
    "no such argument: `${name}`" + (if meant == null then "" else ", did you mean `${meant}`?");
in
map (name: {
  what = tell name;
  hint = "there ${are} ${builtins.concatStringsSep ", " names}";
}) unknown
