# What evaluation must give of layers: checks as those of eval.nix, by name.
let
  windows = import ./windows.nix { };
  base = (import ./cases.nix).minimal.image;
  attributes = drv: drv.drvAttrs;

  step = path: { directory.path = path; };
  layer = name: {
    inherit name;
    steps = [ (step ''C:\${name}'') ];
  };
  layers = map layer [
    "one"
    "two"
    "three"
  ];
  image = base.override { inherit layers; };

  folder = ../layers;
  cases = builtins.filter (name: builtins.pathExists (folder + "/${name}/case.nix")) (
    builtins.attrNames (builtins.readDir folder)
  );

  deep = builtins.foldl' (image: n: image.addLayer (layer "l${toString n}")) base (
    builtins.genList (n: n) 32
  );
in
{
  layer-derivation = {
    got = {
      inherit (attributes image)
        __structuredAttrs
        allowSubstitutes
        args
        name
        outputChecks
        preferLocalBuild
        requiredSystemFeatures
        ;
      names = builtins.attrNames (attributes image);
      media = builtins.attrNames (attributes image.media);
      debug = (attributes image.debug).args;
    };
    want = {
      __structuredAttrs = true;
      allowSubstitutes = false;
      args = [ "layer" ];
      name = "three-layer";
      outputChecks.out.allowedReferences = [ "${image.base}" ];
      preferLocalBuild = false;
      requiredSystemFeatures = [ "kvm" ];
      names = [
        "__structuredAttrs"
        "allowSubstitutes"
        "args"
        "base"
        "builder"
        "media"
        "name"
        "outputChecks"
        "preferLocalBuild"
        "requiredSystemFeatures"
        "spec"
        "system"
        "tools"
      ];
      media = builtins.attrNames (attributes base.media);
      debug = [
        "layer"
        "--debug"
      ];
    };
  };

  # What is under the last layer is what it would be without it.
  layers-share-what-comes-before = {
    got = [
      (base.override { layers = [ (layer "one") ] ++ [ (layer "other") ]; }).base.drvPath
      image.base.base.base.drvPath
      (base.addLayer (layer "one")).drvPath
    ];
    want = [
      image.base.base.drvPath
      base.drvPath
      image.base.base.drvPath
    ];
  };

  # The last one changed: everything below stays, media too.
  a-changed-layer-changes-no-other = {
    got =
      let
        changed = image.overrideLayer { steps = [ (step ''C:\new'') ]; };
      in
      [
        (changed.drvPath == image.drvPath)
        (changed.media.drvPath == image.media.drvPath)
        (changed.base.drvPath == image.base.drvPath)
      ];
    want = [
      false
      false
      true
    ];
  };

  # As an image's `additionalFiles`, without a phase of Setup's.
  files-of-a-layer-are-there-while-its-steps-run = {
    got =
      let
        files = [
          {
            name = "a.nix";
            path = ./layers.nix;
          }
        ];
        steps = (base.addLayer (layer "one" // { inherit files; })).spec.steps;
      in
      map (step: step.file.path or step.delete or step.directory.path) steps;
    want = [
      ''C:\a.nix''
      ''C:\one''
      ''C:\a.nix''
    ];
  };

  # Media know no base.
  media-serve-every-base = {
    got = ((base.override { tpm = false; }).addLayer (layer "one")).media.drvPath;
    want = (base.addLayer (layer "one")).media.drvPath;
  };

  override-carries-layers = {
    got =
      let
        other = (image.addLayer (layer "four")).override { tpm = false; };
      in
      {
        names = [
          other.spec.name
          other.base.spec.name
          other.base.base.spec.name
          other.base.base.base.spec.name
        ];
        inherit (other) depth;
        inherit (other.base.base.base.base.spec) tpm;
        without = (image.override { layers = [ ]; }).drvPath;
      };
    want = {
      names = [
        "four"
        "three"
        "two"
        "one"
      ];
      depth = 4;
      tpm = false;
      without = base.drvPath;
    };
  };

  # It runs as its base does, unless it says otherwise.
  layers-take-their-bases-accelerator = {
    got =
      let
        emulated = base.override { install.accel = "tcg"; };
        features = image: (attributes image).requiredSystemFeatures;
      in
      [
        (features (emulated.addLayer (layer "one")))
        ((emulated.addLayer (layer "one")).addLayer (layer "two")).spec.install.accel
        (features (emulated.addLayer (layer "one" // { install.accel = "kvm"; })))
      ];
    want = [
      [ ]
      "tcg"
      [ "kvm" ]
    ];
  };

  flat-images-have-no-base = {
    got = {
      inherit (attributes image.flatten) args outputChecks image;
      depth = (image.flatten.addLayer (layer "on")).depth;
      tested = (attributes image.flatten.tests.sealed).args;
      same = (image.flatten.override { tpm = false; }).drvPath == (image.override { tpm = false; }).flatten.drvPath;
    };
    want = {
      args = [ "flatten" ];
      outputChecks.out.allowedReferences = [ ];
      image = "${image}";
      depth = 1;
      tested = [ "verify" ];
      same = true;
    };
  };

  # A command's files go in as steps; nothing of the store comes out.
  a-command-is-a-derivation = {
    got =
      let
        given = {
          script = "ver";
          inputs."a.txt" = ./layers.nix;
        };
        output = image.run given;
        same = windows.runInWindows (given // { inherit image; });
      in
      {
        inherit (attributes output)
          args
          folder
          name
          outputChecks
          ;
        on = (attributes output).base;
        paths = map (step: step.directory.path or step.file.path or "") output.spec.steps;
        script = (builtins.elemAt output.spec.steps 3).cmd.text;
        same = same.drvPath == output.drvPath;
        typed = (image.run { script.powerShell.text = "Get-Date"; }).spec.steps;
        several = builtins.tail (
          builtins.tail
            (image.run {
              script = [
                "ver"
                [
                  null
                  { reboot = true; }
                ]
              ];
            }).spec.steps
        );
      };
    want = {
      args = [ "run" ];
      folder = ''C:\Run\out'';
      name = "run-output";
      outputChecks.out.allowedReferences = [ ];
      on = "${image}";
      paths = [
        ''C:\Run\in''
        ''C:\Run\out''
        ''C:\Run\in\a.txt''
        ""
      ];
      script = "ver";
      same = true;
      typed = [
        { directory.path = ''C:\Run\in''; }
        { directory.path = ''C:\Run\out''; }
        { powerShell.text = "Get-Date"; }
      ];
      several = [
        { cmd.text = "ver"; }
        { reboot = true; }
      ];
    };
  };

  a-chain-has-an-end = {
    got = [
      deep.depth
      (builtins.isString deep.drvPath)
      (builtins.tryEval (deep.addLayer (layer "more")).drvPath).success
      (deep.flatten.addLayer (layer "more")).depth
    ];
    want = [
      32
      true
      false
      1
    ];
  };
}
// builtins.listToAttrs (
  map (name: {
    name = "layer-case-${name}";
    value = {
      got = (import (folder + "/${name}/case.nix") base).spec;
      want = builtins.fromJSON (builtins.readFile (folder + "/${name}/spec.json"));
    };
  }) cases
)
