# Ours as the library of the earlier system's author, called as theirs is. Their ISO is a path of
# their host's, which is not here: any value stands in its place.
_inputs:
let
  windows = import ./windows.nix { };
in
windows
// {
  makeBaseImage =
    args:
    windows.makeBaseImage (
      args
      // {
        windowsIso = windows.utils.windowsIso {
          name = "win11.iso";
          hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        };
      }
    );
}
