# A text -> the machine-id that it says, or that is made of it: 32 lower hexadecimal digits.
text:
let
  inherit (builtins) hashString match replaceStrings;
  plain = import ../../lib/lower.nix (replaceStrings [ "-" ] [ "" ] text);
in
if match "[0-9a-f]{32}" plain != null then plain else hashString "md5" text
