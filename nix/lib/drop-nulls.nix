# Drops attributes that are null, at every depth: not said is not in the spec. Elements of lists
# stay, whatever they are, for Rust to judge; so do derivations.
let
  isWhole = import ./is-whole.nix;
  nullsOf = value: builtins.filter (key: value.${key} == null) (builtins.attrNames value);

  dropNulls =
    value:
    if builtins.isAttrs value && !isWhole value then
      builtins.mapAttrs (_: dropNulls) (builtins.removeAttrs value (nullsOf value))
    else if builtins.isList value then
      map dropNulls value
    else
      value;
in
dropNulls
