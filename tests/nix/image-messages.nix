# What is told of what is no image, and of what else is wrong beside it, as messages.nix has it.
{
  minimal,
  refused,
  windows,
}:
{
  # All of what is wrong at once.
  export-of-no-image =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: export.raw: image: `/var/lib/x` does not lie in the store, and no build sees it"
        "hint: name the path that `nix-store --add /var/lib/x` prints, or let `lucarne export` read it"
        "where it is"
        "lucarne: export.raw: no such argument: `nam`, did you mean `name`? hint: there is name"
        "lucarne: export.raw: no such argument: `size` hint: there is name"
        "lucarne: export.raw: name: is empty hint: 1 to 180 letters, digits and `+-._?=` make a name"
      ])
      (windows.export.raw "/var/lib/x" {
        nam = "a";
        name = "";
        size = 1;
      }).drvPath;

  export-with-no-set =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: export.raw: image: `win11-media` is no image, but lies beside one hint: name a value"
        "of `makeBaseImage`, `addLayer` or `flatten`, or the folder of one in the store"
        "lucarne: export.raw: what follows the image is a package, and no set of arguments hint: write"
      ])
      (windows.export.raw minimal.media minimal).drvPath;

  export-of-another-derivation =
    refused
      (builtins.concatStringsSep " " [
        "export.raw: image: `win11-raw` is a derivation, and no image hint: name a value of"
        "`makeBaseImage`, `addLayer` or `flatten`; a folder of one that something else makes is the"
        "text \"\${…}\""
      ])
      (windows.export.raw (windows.export.raw minimal { }) { }).drvPath;

  run-on-no-image =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: runInWindows: image: is an integer, and no image hint: name a value of"
        "`makeBaseImage`, `addLayer` or `flatten`, or the folder of one in the store"
        "lucarne: runInWindows: steps: what is done is `script`"
      ])
      (windows.runInWindows {
        image = 7;
        script = "ver";
        steps = [ ];
      }).drvPath;

  machine-of-no-image =
    refused "lucarne: makeMachine: image: `win11` is no absolute path hint: name a value of"
      (windows.makeMachine {
        name = "a";
        image = "win11";
      }).drvPath;

  machine-without-an-image =
    refused "lucarne: makeMachine: image: is missing hint: name the image that the machine runs"
      (windows.makeMachine { name = "a"; }).drvPath;

  number-as-iso =
    refused "lucarne: windowsIso: is an integer, and no ISO; use utils.windowsIso { name, hash }"
      (minimal.override { windowsIso = 7; }).drvPath;

  functions-in-a-spec =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: `win11`: machine.cores: is a function, and no value hint: give it what it takes"
        "lucarne: `win11`: users.ada.groups[0]: is a function, and no value"
      ])
      (minimal.override {
        machine.cores = release: 4;
        users.ada.groups = [ (_: "Users") ];
      }).drvPath;

  path-as-image = {
    expression = (windows.export.raw ../machines { }).drvPath;
    fails = false;
    says = "tests/machines is a plain path: each evaluation reads it whole and copies it to the store";
  };
}
