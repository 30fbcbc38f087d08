# A value, or what a function says of all that is wrong with its arguments, at once:
# function -> [ { at, what, hint } … ] -> value -> value. What is wrong with all of them is at "".
function: problems: value:
let
  tell =
    {
      at,
      what,
      hint,
    }:
    "lucarne: ${function}: ${if at == "" then "" else "${at}: "}${what}\n  hint: ${hint}";
in
if problems == [ ] then
  value
else
  throw (builtins.concatStringsSep "\n" (map tell problems))
