# What evaluation must say of values in the place of an image: checks as those of eval.nix, by name.
{ windows, minimal }:
let
  place = isBuilt: import ../../nix/lib/image-place.nix { inherit isBuilt; };
  tests = toString ../.;
  stored = builtins.unsafeDiscardStringContext "${../machines}";

  values = {
    image = minimal;
    layer = minimal.addLayer {
      name = "more";
      steps = [ ];
    };
    flat = minimal.flatten;
    folder-of-an-image = "${minimal}";
    folder-of-the-store = stored;
    folder-with-a-manifest = ../machines;
    flake-input.outPath = stored;

    beside = minimal.media;
    evidence = minimal.debug;
    export = windows.export.raw minimal { };
    iso = windows.utils.windowsIso {
      name = "win.iso";
      hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    };
    empty = "";
    elsewhere = "/var/lib/x";
    relative = "win11-image";
    out-of-the-store = "${stored}/../../../var/lib/x";
    whole-store = builtins.storeDir;
    another-alphabet = "${builtins.storeDir}/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-win11-image";
    not-there = ../not-there;
    no-manifest = ./.;
    number = 7;
    nothing = null;
    set = { };
    spec.spec = { };
    function = windows.makeBaseImage;
    list = [ minimal ];
  };

  says =
    isBuilt:
    builtins.mapAttrs (
      _: value:
      let
        inherit (place isBuilt value) problem;
      in
      if problem == null then null else builtins.replaceStrings [ tests ] [ "tests" ] problem.what
    ) values;

  right = {
    image = null;
    layer = null;
    flat = null;
    folder-of-an-image = null;
    folder-of-the-store = null;
    folder-with-a-manifest = null;
    flake-input = null;
  };
  wrong = {
    beside = "`win11-media` is no image, but lies beside one";
    evidence = "`win11-debug` is no image, but lies beside one";
    export = "`win11-raw` is a derivation, and no image";
    iso = "`win.iso` is a derivation, and no image";
    empty = "is empty";
    relative = "`win11-image` is no absolute path";
    not-there = "`tests/not-there` is not there, or evaluation may not read it";
    no-manifest = "`tests/nix` is no image's folder, for it has no `manifest.json`";
    number = "is an integer, and no image";
    nothing = "is null, and no image";
    set = "is an attribute set, and no image";
    spec = "`it` is no image, but lies beside one";
    function = "is a function, and no image";
    list = "is a list, and no image";
  };
  unseen = name: "`${values.${name}}` does not lie in the store, and no build sees it";
in
{
  image-of-a-build = {
    got = says true;
    want =
      right
      // wrong
      // builtins.listToAttrs (
        map
          (name: {
            inherit name;
            value = unseen name;
          })
          [
            "another-alphabet"
            "elsewhere"
            "out-of-the-store"
            "whole-store"
          ]
      );
  };

  # A host sees all of its folders.
  image-of-a-host = {
    got = says false;
    want =
      right
      // wrong
      // {
        another-alphabet = null;
        elsewhere = null;
        out-of-the-store = null;
        whole-store = null;
      };
  };

  # What others do with an image's folder.
  image-of-a-run = {
    got =
      builtins.getContext
        (windows.runInWindows {
          image = stored;
          script = "ver";
        }).drvAttrs.base;
    want.${stored}.path = true;
  };
}
