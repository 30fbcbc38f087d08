# The options of two fragments side by side, at every depth. Neither may say what the other says,
# so what a combination asks for is all that its fragments ask for.
let
  beside =
    a: b:
    a
    // builtins.mapAttrs (
      name: value:
      if !(a ? ${name}) then
        value
      else if builtins.isAttrs a.${name} && builtins.isAttrs value then
        beside a.${name} value
      else
        throw "tests/product: two fragments say `${name}`"
    ) b;
in
beside
