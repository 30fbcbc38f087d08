# What docs/matrix.md shows: functions of { iso, windows } to images -> the derivations of each, by name.
blocks:
let
  windows = import ./windows.nix { };
  iso =
    name:
    windows.utils.windowsIso {
      name = "${name}.iso";
      hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    };
in
map (
  block:
  builtins.mapAttrs (_: image: builtins.unsafeDiscardStringContext image.drvPath) (
    block { inherit iso windows; }
  )
) blocks
