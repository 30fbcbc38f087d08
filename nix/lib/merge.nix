# One value over another: sets are merged name by name, everything else is replaced. A derivation is
# one value.
let
  isSet = value: builtins.isAttrs value && value.type or null != "derivation";
  merge =
    below: above:
    if isSet below && isSet above then
      below
      // builtins.mapAttrs (
        name: value: if below ? ${name} then merge below.${name} value else value
      ) above
    else
      above;
in
merge
