# What the derivations name as their builder: the part of the helper that installs.
{ rustPlatform }:
let
  manifest = builtins.fromTOML (builtins.readFile ../../Cargo.toml);
in
rustPlatform.buildRustPackage {
  pname = "lucarne-builder";
  inherit (manifest.workspace.package) version;
  src = import ./source.nix;
  cargoLock.lockFile = ../../Cargo.lock;
  buildNoDefaultFeatures = true;
  cargoBuildFlags = [
    "--bin"
    "lucarne-builder"
  ];
  # The tests are not in the source: they run with the package `lucarne`.
  doCheck = false;
  meta = import ./meta.nix {
    description = "The builder of Lucarne's derivations";
    mainProgram = "lucarne-builder";
  };
}
