# What a layer and a run have alike. builds -> { paths, closed, lieOn, isoOf, media }.
{ tools, ... }@builds:
let
  iso = import ./iso.nix;
  build = import ./build.nix builds;

  # What a layer may run or read; the rest of `tools` is evaluation's.
  paths = import ./install-tools.nix tools;

  closed.outputChecks.out.allowedReferences = [ ];
in
{
  inherit paths closed;

  # What lies on an image, by the function that makes it and its name: a value that is had where
  # the image can be started.
  lieOn =
    function: name: image: value:
    if image.spec.generalize or false == true then
      throw (
        "lucarne: ${function}: `${name}` cannot lie on `${image.spec.name}`, which is generalised: its"
        + " next start goes through OOBE\n"
        + "hint: add these steps to the image's own `steps`, or leave `generalize` out"
      )
    else
      value;

  # The ISO of drivers that the steps want, where they want one, as the spec names it.
  isoOf =
    args:
    if (args.virtioWinIso or null) == null then
      { }
    else
      { virtioWinIso = iso "virtioWinIso" args.virtioWinIso; };

  # They know no base: the same steps on another one have the same media.
  media =
    storeName: spec:
    build storeName spec "media" (
      closed
      // (if paths ? guest then { inherit (paths) guest; } else { })
      // {
        args = [
          "media"
          "--layer"
        ];
      }
    );
}
