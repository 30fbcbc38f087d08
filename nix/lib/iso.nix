# The path of an ISO as the spec names it. The sandbox shows a derivation only what Nix knows to
# be an input of it.
at: iso:
let
  cost = ''
    lucarne: ${at}: ${toString iso} is a plain path: each evaluation reads it whole and copies it
    to the store where it is not there yet, about 4 s for each GB; utils.windowsIso { name, hash }
    costs nothing'';
  unseen = ''
    lucarne: ${at}: the build sandbox does not see `${iso}`; use utils.windowsIso { name, hash },
    or a path'';
  none =
    "lucarne: ${at}: is ${import ./kind.nix iso}, and no ISO; use utils.windowsIso { name, hash },"
    + " or a path";
in
if builtins.isPath iso then
  builtins.warn cost "${iso}"
else if builtins.isString iso then
  if builtins.hasContext iso then iso else throw unseen
else if !(iso ? outPath) then
  throw none
else
  "${iso}"
