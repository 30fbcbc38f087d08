# The command line, its manual and completions, and the tests that need nothing but cargo.
{ rustPlatform, installShellFiles }:
let
  manifest = builtins.fromTOML (builtins.readFile ../../Cargo.toml);
in
rustPlatform.buildRustPackage {
  pname = "lucarne";
  inherit (manifest.workspace.package) version;
  # All of it: the tests read the repository too.
  src = import ./whole.nix;
  cargoLock.lockFile = ../../Cargo.lock;
  nativeBuildInputs = [ installShellFiles ];
  # Written by the program itself, from what it parses its arguments with.
  postInstall = ''
    "$out/bin/lucarne" man pages
    installManPage pages/*.1
    for shell in bash fish zsh; do
      "$out/bin/lucarne" completions "$shell" > "lucarne.$shell"
    done
    installShellCompletion --cmd lucarne \
      --bash lucarne.bash --fish lucarne.fish --zsh lucarne.zsh
  '';
  meta = import ./meta.nix {
    description = "Turns a Windows ISO into a Nix value";
    mainProgram = "lucarne";
  };
}
