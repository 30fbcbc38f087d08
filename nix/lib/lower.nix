# A text with ASCII's capitals small, as names in Windows and in networks are compared.
let
  inherit (builtins) genList stringLength substring;
  letters = text: genList (i: substring i 1 text) (stringLength text);
in
builtins.replaceStrings (letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (
  letters "abcdefghijklmnopqrstuvwxyz"
)
