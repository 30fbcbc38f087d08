# The name of an interface of Linux', which has at most 15 bytes: a longer one is cut, and keeps
# apart from others by its hash.
name:
let
  most = 15;
  hash = builtins.substring 0 6 (builtins.hashString "sha256" name);
in
if builtins.stringLength name <= most then
  name
else
  builtins.substring 0 (most - 7) name + "-" + hash
