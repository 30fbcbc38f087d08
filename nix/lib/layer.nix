# What an image can be told to do once it is there: more steps on top, or to be one file again.
# builds -> { addLayers }.
{ system, ... }@builds:
let
  dropNulls = import ./drop-nulls.nix;
  build = import ./build.nix builds;
  alike = import ./layer-media.nix builds;
  inherit (alike) paths closed lieOn;
  runInWindows = import ./run-in-windows.nix builds;
  # Texts stay what they are among `steps`: Rust tells that they are none.
  compile = import ./custom/compile.nix {
    at = "addLayer: steps";
    ofText = text: text;
  };
  filesOf = import ./files.nix {
    function = "addLayer";
    at = "files";
  };

  # How many images may lie below a layer; src/layer tells why.
  depthMax = 32;

  # What is merged on whatever can have layers: an installed image, a layer, a flat one.
  withLayers =
    image:
    image
    // {
      # { name, steps, files ? [ ], … } -> the image with these steps done, which holds the
      # difference alone.
      addLayer = addLayer (withLayers image);

      # { script, inputs ? { }, … } -> what the script leaves, a derivation: runInWindows.
      run = args: runInWindows (args // { image = withLayers image; });

      # The image and all that it lies on as one, for whom a chain is too long or too slow.
      flatten = flatten image;
    };

  # A check of the finished thing that needs no KVM.
  verified =
    storeName: spec: image:
    build storeName spec "verified" (
      closed
      // {
        args = [ "verify" ];
        inherit image;
        tools = paths;
      }
    );

  addLayer =
    base:
    { name, ... }@args:
    let
      storeName = import ./store-name.nix "addLayer" name;
      depth = (base.depth or 0) + 1;

      # It runs as its base did, unless it is told otherwise.
      accel = args.install.accel or base.spec.install.accel or null;

      # In C:\ while its steps run, as an image's `additionalFiles`.
      files = filesOf (if args.files or null == null then [ ] else args.files);
      steps = files.before ++ compile args.steps ++ files.after;

      spec = dropNulls (
        builtins.removeAttrs args [ "files" ]
        // (if builtins.isList (args.steps or null) then { inherit steps; } else { })
        // alike.isoOf args
        // {
          schema = "lucarne.layer/1";
          name = storeName;
          install = if accel == null then args.install or null else args.install or { } // { inherit accel; };
        }
      );

      media = alike.media storeName spec;

      attributes = {
        # As an image: many layers on one base are for many machines.
        preferLocalBuild = false;
        requiredSystemFeatures = if accel == "tcg" then [ ] else [ "kvm" ];
        media = "${media}";
        base = "${base}";
        tools = paths;
      };

      layer = build storeName spec "layer" (
        attributes
        // {
          # Its disk names the base's by its path, and nothing else of the store.
          outputChecks.out.allowedReferences = [ "${base}" ];
          args = [ "layer" ];
        }
      );
    in
    lieOn "addLayer" name base (
      if depth > depthMax then
        throw (
          "lucarne: addLayer: `${name}` would lie on ${toString depth} images, and no more than"
          + " ${toString depthMax} may lie below a layer\n"
          + "hint: `image.flatten` makes one image of them, to go on from"
        )
      else
        withLayers (
          layer
          // {
            inherit
              spec
              media
              base
              depth
              ;

            # The same layer as a derivation that succeeds whatever happens: its output is the evidence.
            debug = build storeName spec "debug" (
              attributes
              // {
                args = [
                  "layer"
                  "--debug"
                ];
              }
            );

            tests.sealed = verified storeName spec "${layer}";

            # Another base's arguments, with the layers on it as they are.
            override = new: addLayer (base.override new) args;

            # Another layer's arguments, on the base as it is.
            overrideLayer =
              new: addLayer base (args // (if builtins.isFunction new then new args else new));

            meta = import ./meta.nix { inherit system name; };
          }
        )
    );

  flatten =
    image:
    let
      storeName = image.spec.name;
      flat = build storeName image.spec "flat" (
        closed
        // {
          args = [ "flatten" ];
          image = "${image}";
          tools = paths;
        }
      );
    in
    withLayers (
      flat
      // {
        inherit (image) spec media meta;
        # What was asked for, below the last layer's spec, is still to be known.
        flattened = image;
        tests.sealed = verified storeName image.spec "${flat}";
        override = new: flatten (image.override new);
      }
    );
in
{
  # An image with a list of layers, each on the one before. `override` is that of all of it, where
  # the image's own leaves the layers out.
  addLayers =
    image: layers: override:
    if !builtins.isList layers then
      throw "lucarne: makeBaseImage: layers: is not a list of { name, steps, … }"
    else if layers == [ ] then
      withLayers image
    else
      withLayers (builtins.foldl' addLayer (withLayers image) layers // { inherit override; });
}
