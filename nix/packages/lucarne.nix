# The command line, and the tests that need nothing but cargo.
{ rustPlatform }:
let
  manifest = builtins.fromTOML (builtins.readFile ../../Cargo.toml);
in
rustPlatform.buildRustPackage {
  pname = "lucarne";
  inherit (manifest.workspace.package) version;
  # All of it: the tests read the repository too.
  src = import ./whole.nix;
  cargoLock.lockFile = ../../Cargo.lock;
  meta = import ./meta.nix {
    description = "Turns a Windows ISO into a Nix value";
    mainProgram = "lucarne";
  };
}
