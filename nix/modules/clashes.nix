# What several may not have in common: `things` by their names, and the keys of one. Told is each
# whose key is another's before it, with that one: { name, key, first }.
{ lib }:
things: keysOf:
let
  keys = lib.concatLists (
    lib.mapAttrsToList (name: thing: map (key: { inherit name key; }) (keysOf thing)) things
  );
  later = owners: map (owner: owner // { first = (lib.head owners).name; }) (lib.tail owners);
in
lib.concatMap later (lib.attrValues (lib.groupBy (it: it.key) keys))
