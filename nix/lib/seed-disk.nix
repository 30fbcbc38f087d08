# The file of a data disk below the folder that the earlier system's `userImagePath` names: a folder
# of the machine's own is between them.
{ name, path }:
let
  parts = builtins.match "(.*[^/])/*" "${toString path}";
  folder = if parts == null then "" else builtins.head parts;
in
"${folder}/${name}/data.qcow2"
