# The program inside Windows. It is called with nixpkgs' set for mingw-w64:
# `pkgsCross.mingwW64.callPackage`.
{ rustPlatform, windows }:
let
  manifest = builtins.fromTOML (builtins.readFile ../../guest/Cargo.toml);
in
rustPlatform.buildRustPackage {
  pname = "lucarne-guest";
  inherit (manifest.package) version;
  src = import ./guest-source.nix;
  sourceRoot = "lucarne-guest-source/guest";
  cargoLock.lockFile = ../../guest/Cargo.lock;
  # The standard library for this target is linked with them.
  buildInputs = [ windows.pthreads ];
  # They run with cargo, in the repository, and under Wine.
  doCheck = false;
  meta =
    import ./meta.nix {
      description = "Lucarne's program inside Windows";
      mainProgram = "lucarne-guest.exe";
    }
    // {
      platforms = [ "x86_64-windows" ];
    };
}
