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
  windowsIso = import ./windows-iso.nix builds;
  custom = import ./custom;
  makeBaseImage = import ./make-base-image.nix builds;
in
{
  # { name, windowsIso, … } -> the sealed image, a derivation.
  inherit makeBaseImage;

  # { releases, editions, languages, layers, … } -> images by their names: all combinations.
  matrix = import ./matrix.nix makeBaseImage;

  # { image, script, inputs ? { }, … } -> what the script left in C:\Run\out, a derivation.
  runInWindows = import ./run-in-windows.nix builds;

  # What other engines take of an image: `export.<format> image { }`, a derivation.
  export = import ./export.nix builds;

  # { systemImage, name, userImageSize, … } -> a value of `systemd.services`.
  makeSystemdService = import ./make-systemd-service.nix builds;

  # { name, image, … }, as lucarne.machine/1 -> the machine, a derivation that checks it.
  makeMachine = import ./machine/make-machine.nix builds;

  # Steps by what they are for: `steps = with windows.custom; [ (system.withLongPaths) … ]`.
  inherit custom;

  utils = {
    # { name, hash, url ? … } -> the ISO as a fixed-output value.
    inherit windowsIso;

    # The ISOs whose hashes are public, by name: `windows-server-2025-evaluation-26100-1742` ….
    windowsIsos = (import ./known-isos.nix).values windowsIso;

    # OpenSSH's server, which `network.withSshServer` brings by itself.
    openSshServerPackage = custom.network.openSsh;

    # The virtio-win ISO that images take their drivers from unless they name another.
    virtioWinIso =
      builds.tools.virtioWinIso
        or (say "`tools` names no `virtioWinIso`; give `virtioWinIso` to the image instead");
  };
}
