# The image of `nix run .#demo`: the plainest spec over an ISO that is in the store.
{
  flake,
  hash,
  edition,
}:
let
  lucarne = builtins.getFlake flake;
  windows = lucarne.lib.windows {
    pkgs.stdenv.hostPlatform.system = "x86_64-linux";
  };
in
windows.makeBaseImage {
  name = "demo";
  inherit edition;
  windowsIso = windows.utils.windowsIso {
    name = "windows.iso";
    inherit hash;
  };
  users.demo.groups = [ "Administrators" ];
}
