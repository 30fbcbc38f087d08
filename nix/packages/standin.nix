# What makes stand-ins for Windows' ISO, and the program that these start as process 1.
{ rustPlatform, glibc }:
let
  manifest = builtins.fromTOML (builtins.readFile ../../tests/standin/Cargo.toml);
in
rustPlatform.buildRustPackage {
  pname = "lucarne-standin";
  inherit (manifest.package) version;
  src = import ./whole.nix;
  sourceRoot = "lucarne-source/tests/standin";
  cargoLock.lockFile = ../../tests/standin/Cargo.lock;
  buildType = "image";
  # Process 1 finds no library beside it.
  env.RUSTFLAGS = "-C target-feature=+crt-static";
  buildInputs = [ glibc.static ];
  # They run with cargo, in the repository.
  doCheck = false;
  meta = import ./meta.nix {
    description = "A stand-in for Windows Setup, for tests";
    mainProgram = "lucarne-standin";
  };
}
