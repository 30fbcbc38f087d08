# The three axes: what each file of a folder says, by its name. A new file is a new fragment.
let
  named = file: builtins.head (builtins.match "(.*)\\.nix" file);
  axis =
    folder:
    builtins.listToAttrs (
      map (file: {
        name = named file;
        value = import (folder + "/${file}");
      }) (builtins.attrNames (builtins.readDir folder))
    );
in
{
  releases = axis ./releases;
  layouts = axis ./layouts;
  groups = axis ./groups;
}
