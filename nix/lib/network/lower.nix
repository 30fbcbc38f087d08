# Small letters for the capitals of ASCII.
let
  letters = text: builtins.genList (at: builtins.substring at 1 text) 26;
in
builtins.replaceStrings (letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (
  letters "abcdefghijklmnopqrstuvwxyz"
)
