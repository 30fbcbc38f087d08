# The image of one combination: of `cases/RELEASE/LAYOUT/GROUP`, a folder whose path names the
# three fragments that are put together.
case:
{ windows }:
let
  parent = builtins.dirOf case;
  group = builtins.baseNameOf case;
  layout = builtins.baseNameOf parent;
  release = builtins.baseNameOf (builtins.dirOf parent);

  fragments = import ./fragments.nix;
  inherit (fragments.releases.${release}) iso kind image;
  asked = fragments.groups.${group};
in
windows.makeBaseImage (
  builtins.foldl' (import ./beside.nix) { } [
    {
      name = "${release}-${layout}-${group}";
      windowsIso = windows.utils.windowsIso {
        name = iso;
        # Of no real one: nothing reads it here, and a spec has its path alone.
        hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
      };
    }
    image
    fragments.layouts.${layout}
    # Not every kind of Windows has everything.
    (if builtins.isFunction asked then asked { inherit kind; } else asked)
  ]
)
