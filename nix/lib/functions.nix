# The functions in a spec, which travels as JSON: [ { at, what, hint } … ], each at its path.
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    elemAt
    genList
    isAttrs
    isFunction
    isList
    length
    ;
  isWhole = import ./is-whole.nix;
  inherit (import ./network/words.nix) attribute;
  below = at: name: (if at == "" then "" else "${at}.") + attribute name;
  functions =
    at: value:
    if isFunction value || value ? __functor && !(value ? outPath) then
      [
        {
          inherit at;
          what = "is a function, and no value";
          hint = "give it what it takes";
        }
      ]
    else if isAttrs value && !isWhole value then
      concatMap (name: functions (below at name) value.${name}) (attrNames value)
    else if isList value then
      concatLists (
        genList (index: functions "${at}[${toString index}]" (elemAt value index)) (length value)
      )
    else
      [ ];
in
functions ""
