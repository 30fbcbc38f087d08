# makeBaseImage: spec -> media -> image. What the arguments mean, and which there are, is told
# by src/spec; whatever is given travels there, and comes back as one list of every problem.
{ system, tools }@builds:
let
  inherit (import ./layer.nix builds) addLayers;
  dropNulls = import ./drop-nulls.nix;
  iso = import ./iso.nix;
  # Texts stay what they are among `steps`: Rust tells that they are none.
  flatten = import ./custom/compile.nix {
    at = "makeBaseImage: steps";
    ofText = text: text;
  };
  seed = import ./seed.nix;

  # What an install may run or read; the rest of `tools` is evaluation's.
  paths = import ./install-tools.nix tools;

  makeBaseImage =
    {
      name ? "windows",
      windowsIso,
      virtioWinIso ? tools.virtioWinIso or null,
      # What is done on top, each a derivation of its own: [ { name, steps, … } … ].
      layers ? [ ],
      ...
    }@args:
    let
      storeName = import ./store-name.nix "makeBaseImage" name;

      given = seed (builtins.removeAttrs args [ "layers" ]);

      spec = dropNulls (
        given
        // (if builtins.isList (given.steps or null) then { steps = flatten given.steps; } else { })
        // {
          schema = "lucarne.spec/1";
          name = storeName;
          windowsIso = iso "windowsIso" windowsIso;
          virtioWinIso = if virtioWinIso == null then null else iso "virtioWinIso" virtioWinIso;
        }
      );

      build = import ./build.nix builds storeName spec;

      # The manifest names inputs by hash and label; a path would drag the ISO and QEMU into
      # every closure.
      closed.outputChecks.out.allowedReferences = [ ];

      # `auto` prefers it, so it may only run where Nix knows of it too.
      features = if (spec.install.accel or "kvm") == "tcg" then [ ] else [ "kvm" ];

      # It runs no tool, so an update of QEMU leaves it as it is.
      media = build "media" (
        closed
        // (if paths ? guest then { inherit (paths) guest; } else { })
        // {
          args = [ "media" ];
        }
      );

      install = {
        # It takes long, so Nix may give it to another machine that has the features.
        preferLocalBuild = false;
        requiredSystemFeatures = features;
        media = "${media}";
        tools = paths;
      };

      image = build "image" (closed // install // { args = [ "image" ]; });

      passthru = {
        inherit spec media;

        # The same install as a derivation that succeeds whatever happens: its output is the
        # evidence, which a failed build loses with its folder.
        debug = build "debug" (
          install
          // {
            args = [
              "image"
              "--debug"
            ];
          }
        );

        # What can be asked of the image without KVM.
        tests.sealed = build "verified" (
          closed
          // {
            args = [ "verify" ];
            image = "${image}";
            tools = paths;
          }
        );

        override = override (builtins.removeAttrs args [ "layers" ]);

        meta = import ./meta.nix { inherit system name; };
      };

      # The image with other arguments: an attribute set, or a function of the old ones to one.
      override = args: new: makeBaseImage (args // (if builtins.isFunction new then new args else new));
    in
    addLayers (image // passthru) layers (override args);
in
makeBaseImage
