# So many images of a matrix, evaluated down to their derivations: releases and languages with two
# editions each, and on each image one layer. -> how many bases lie below them.
{
  # A multiple of 4, or 1.
  count,
}:
let
  windows = import ../tests/nix/windows.nix { };
  iso =
    name:
    windows.utils.windowsIso {
      name = "${name}.iso";
      hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    };
  pairs = if count < 4 then 1 else count / 4;
  images = windows.matrix (
    {
      releases = builtins.listToAttrs (
        builtins.genList (n: {
          name = "release-${toString n}";
          value = iso "release-${toString n}";
        }) pairs
      );
      editions = {
        pro = "Windows 11 Pro";
      }
      // (if count < 4 then { } else { education = "Windows 11 Education"; });
      languages = [ "en-US" ];
      common = {
        users.ada.password = "in the store";
        steps = with windows.custom; [
          system.withLongPaths
          explorer.withFileExtensions
        ];
      };
    }
    // (
      if count < 4 then
        { }
      else
        { layers.tools.steps = [ { directory.path = "C:\\Tools"; } ]; }
    )
  );
  pathOf = image: builtins.unsafeDiscardStringContext image.drvPath;
  paths = map pathOf (builtins.attrValues images);
  bases = builtins.groupBy (image: pathOf (image.base or image)) (builtins.attrValues images);
in
assert builtins.length paths == count;
builtins.deepSeq paths (builtins.length (builtins.attrNames bases))
