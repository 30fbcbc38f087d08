# The command line, and the tests that need nothing but cargo.
{ rustPlatform }:
let
  manifest = builtins.fromTOML (builtins.readFile ../../Cargo.toml);
in
rustPlatform.buildRustPackage {
  pname = "lucarne";
  inherit (manifest.workspace.package) version;
  # All of it but what a working copy gathers: the tests read the repository too.
  src = builtins.path {
    name = "lucarne-source";
    path = ../..;
    filter =
      path: _type:
      !builtins.elem (baseNameOf path) [
        ".git"
        "result"
        "target"
      ];
  };
  cargoLock.lockFile = ../../Cargo.lock;
  meta = import ./meta.nix {
    description = "Turns a Windows ISO into a Nix value";
    mainProgram = "lucarne";
  };
}
