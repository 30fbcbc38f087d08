# `nix run .#demo -- ISO EDITION`: puts a Windows ISO into the store, builds an image of it, and
# prints its manifest. An install of the stand-in is `checks.install`.
{
  writeShellApplication,
  nix,
  flake,
}:
writeShellApplication {
  name = "lucarne-demo";
  runtimeInputs = [ nix ];
  text = ''
    if [ $# -ne 2 ]; then
      echo "usage: lucarne-demo ISO EDITION" >&2
      echo "hint: 'nix run .#lucarne -- iso ISO' lists the editions" >&2
      exit 1
    fi
    features=(--extra-experimental-features 'nix-command flakes')
    hash=$(nix "''${features[@]}" hash file "$1")
    nix "''${features[@]}" store add-file --name windows.iso "$1" >/dev/null
    image=$(nix "''${features[@]}" build --print-build-logs --print-out-paths \
      --file ${flake}/nix/demo.nix --out-link ./result-demo \
      --argstr flake path:${flake} --argstr hash "$hash" --argstr edition "$2")
    echo "$image"
    cat "$image/manifest.json"
  '';
}
