# The command line as a person calls it: with the tools of this flake's, which are on NixOS not
# where other distributions put them. The module's own names each of them in its units.
{
  symlinkJoin,
  makeBinaryWrapper,
  writeText,
  lucarne,
  tools,
}:
let
  # What src/tools.rs knows.
  table = builtins.removeAttrs tools [
    "builder"
    "lucarne"
    "virtioWinIso"
  ];
  file = writeText "lucarne-tools.json" (builtins.toJSON table);
in
symlinkJoin {
  inherit (lucarne) name meta;
  paths = [ lucarne ];
  nativeBuildInputs = [ makeBinaryWrapper ];
  postBuild = ''
    wrapProgram "$out/bin/lucarne" --set-default LUCARNE_TOOLS ${file}
  '';
}
