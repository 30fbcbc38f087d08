# What `lucarne.lib.windows { pkgs, tools ? … }` returns.
{ system, tools }:
let
  supported = "x86_64-linux";
  say = what: throw "lucarne: ${what}";
  builds =
    if system == supported then
      { inherit system tools; }
    else
      say "images build on ${supported} only, and this package set is for ${system}";
in
{
  # { name, windowsIso, … } -> the sealed image, a derivation.
  makeBaseImage = import ./make-base-image.nix builds;

  utils = {
    # { name, hash } -> the ISO as a fixed-output value.
    windowsIso = import ./windows-iso.nix builds;

    # The virtio-win ISO that images take their drivers from unless they name another.
    virtioWinIso =
      builds.tools.virtioWinIso
        or (say "`tools` names no `virtioWinIso`; give `virtioWinIso` to the image instead");
  };
}
