# runInWindows: a command in Windows as a derivation. It runs on top of an image as a layer does;
# what it leaves in its output folder is the result, and the machine is thrown away.
{ system, ... }@builds:
let
  dropNulls = import ./drop-nulls.nix;
  imagePlace = import ./image-place.nix { isBuilt = true; };
  refuse = import ./refuse.nix "runInWindows";
  build = import ./build.nix builds;
  alike = import ./layer-media.nix builds;
  inherit (alike) paths closed lieOn;
  compile = import ./custom/compile.nix {
    at = "runInWindows: script";
    ofText = text: { cmd.text = text; };
  };

  # The guest's own: files that are handed in, and files that are handed out.
  given = ''C:\Run\in'';
  left = ''C:\Run\out'';
in
{
  # The image to run on, installed or layered.
  image,
  # A script of cmd's as a text, or a step that does it: { powerShell.text = …; }; or a list of such.
  script,
  # Files by the names that they have in C:\Run\in.
  inputs ? { },
  name ? "run",
  ...
}@args:
let
  storeName = import ./store-name.nix "runInWindows" name;
  accel = args.install.accel or image.spec.install.accel or null;
  install = dropNulls (args.install or { } // { inherit accel; });

  file = name: {
    name = "Copy inputs.${builtins.toJSON name}";
    file = {
      path = "${given}\\${name}";
      source = inputs.${name};
    };
  };

  spec = dropNulls (
    builtins.removeAttrs args [
      "image"
      "script"
      "inputs"
    ]
    // alike.isoOf args
    // {
      schema = "lucarne.layer/1";
      name = storeName;
      install = if install == { } then null else install;
      steps = [
        { directory.path = given; }
        { directory.path = left; }
      ]
      ++ map file (builtins.attrNames inputs)
      ++ scripts;
    }
  );

  compiled = compile script;
  # A command that is none would be a machine that starts for nothing.
  says = step: step.cmd.text or null != "";
  scripts = if builtins.any says compiled then compiled else [ ];

  place = imagePlace image;
  some = condition: at: what: hint: if condition then [ { inherit at what hint; } ] else [ ];
  problems =
    (if place.problem == null then [ ] else [ (place.problem // { at = "image"; }) ])
    ++ some (args ? steps) "steps" "what is done is `script`"
      "`script` may be a list of steps; what is to stay in the image is a layer's"
    ++ some (scripts == [ ]) "script" "says nothing to do"
      "it is a text for cmd, a step, or a list of both";

  media = alike.media storeName spec;
in
refuse problems (
  lieOn "runInWindows" name image (
    build storeName spec "output" (
      closed
      // {
        args = [ "run" ];
        base = place.folder;
        folder = left;
        media = "${media}";
        # As an image.
        preferLocalBuild = false;
        requiredSystemFeatures = if accel == "tcg" then [ ] else [ "kvm" ];
        tools = paths;
      }
    )
    // {
      inherit spec media;
      meta = import ./meta.nix { inherit system name; };
    }
  )
)
