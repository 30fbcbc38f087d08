# Expressions whose words matter: { name = { expression, fails, says }; }. The runner forces each
# with `nix-instantiate --eval --strict -A NAME.expression` and looks for `says` in the errors.
let
  windows = import ./windows.nix { };
  minimal = (import ./cases.nix).minimal.image;

  refused = expression: says: {
    inherit expression says;
    fails = true;
  };
in
{
  another-system = refused (import ./windows.nix { pkgs = import ./nixpkgs { system = "aarch64-linux"; }; })
  .makeBaseImage "images build on x86_64-linux only, and this package set is for aarch64-linux";
  name-of-an-image = refused (minimal.override { name = "Windows 11"; }).drvPath "lucarne: makeBaseImage: `name` is `Windows 11`; store paths take letters, digits and";
  name-of-an-iso = refused (windows.utils.windowsIso {
    name = "Win 11.iso";
    hash = "";
  }).drvPath "lucarne: utils.windowsIso: `name` is `Win 11.iso`";
  hash-of-an-iso = refused (windows.utils.windowsIso {
    name = "win.iso";
    hash = "sha256:abc";
  }).drvPath "lucarne: utils.windowsIso: `hash` must be what `nix hash file FILE` prints";
  string-as-iso = refused (minimal.override { windowsIso = "/etc/iso/win11.iso"; }).drvPath "lucarne: windowsIso: the build sandbox does not see `/etc/iso/win11.iso`";
  no-iso = refused (windows.makeBaseImage { name = "a"; }).drvPath "called without required argument 'windowsIso'";
  no-virtio-win = refused (import ./windows.nix { tools.builder = "/b"; })
  .utils.virtioWinIso "lucarne: `tools` names no `virtioWinIso`";

  path-as-iso = {
    expression = (minimal.override { windowsIso = ./messages.nix; }).drvPath;
    fails = false;
    says = "messages.nix is a plain path: each evaluation reads it whole and copies it to the store";
  };
}
