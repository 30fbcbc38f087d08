# One list of steps from nested ones; null stands for none. `ofText` is what becomes of a text.
{ ofText }:
let
  compile =
    item:
    if builtins.isList item then
      builtins.concatMap compile item
    else if item == null then
      [ ]
    else if builtins.isString item then
      [ (ofText item) ]
    else
      [ item ];
in
compile
