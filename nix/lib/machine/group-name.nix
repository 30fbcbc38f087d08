# A group's name as systemd takes one (`Group=`): more than POSIX has, for directories of accounts
# have their own ways. A number would be read as one, and `:` ends a name in `/etc/group`.
let
  paths = import ../paths.nix;
in
{
  is =
    value:
    builtins.isString value
    && paths.isVerbatim value
    && builtins.match "[^-:/[:space:]][^:/]*" value != null
    && builtins.match "[0-9]+|[.][.]?" value == null;
  what = "can be no group's name";
  hint =
    "write one such as `lucarne`: it is no number, no `-` begins it, no blank is at either end, and no"
    + " `:`, `/`, `\\`, quotation mark or control character in it";
}
