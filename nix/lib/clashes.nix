# What several may not have in common: things by their names, and the keys of one. Told is each whose
# key is another's before it, with that one: things -> keysOf -> [ { name, key, first } … ].
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    groupBy
    head
    tail
    ;
  later = owners: map (owner: owner // { first = (head owners).name; }) (tail owners);
in
things: keysOf:
let
  keys = concatMap (name: map (key: { inherit name key; }) (keysOf things.${name})) (
    attrNames things
  );
in
concatMap later (attrValues (groupBy (it: it.key) keys))
