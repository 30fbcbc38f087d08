# Stand-ins for a Windows ISO and for virtio-win's, as values, so that a check can install them. What
# they are: tests/standin/README.md.
{ system, tools }:
let
  build =
    name: output:
    derivation {
      name = "lucarne-standin-${name}";
      inherit system;
      builder = tools.standin;
      PATH = tools.path;
      args = [
        # The folder of the build: nothing is kept.
        "--cache"
        "parts"
      ]
      ++ output
      ++ builtins.concatMap (option: [
        "--${option}"
        tools.sources.${option}
      ]) (builtins.attrNames tools.sources);
    };

  windows = build "windows" [
    "--out"
    "${placeholder "out"}/windows.iso"
  ];
  virtioWin = build "virtio-win.iso" [
    "--virtio-win"
    (placeholder "out")
  ];
in
{
  inherit windows virtioWin;
  windowsIso = "${windows}/windows.iso";
  # Firmware variables that trust the key which this ISO's loaders are signed with.
  varsMs = "${windows}/windows.iso.vars.fd";
  virtioWinIso = "${virtioWin}";
}
