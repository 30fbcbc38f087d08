# Every folder of tests/cases with a case.nix: the image that it makes, the spec that evaluation
# gives with store paths made equal everywhere, and the spec.json that Rust must accept.
let
  windows = import ./windows.nix { };
  folder = ../cases;

  names = builtins.filter (name: builtins.pathExists (folder + "/${name}/case.nix")) (
    builtins.attrNames (builtins.readDir folder)
  );

  normal =
    value:
    if builtins.isAttrs value then
      builtins.mapAttrs (_: normal) value
    else if builtins.isList value then
      map normal value
    else if builtins.isString value then
      withoutHashes value
    else if builtins.isPath value then
      # What the builder will read: a path goes into the store when it becomes a string.
      withoutHashes "${value}"
    else
      value;

  # /nix/store/<32 characters>-name becomes /nix/store/eeee…-name.
  withoutHashes =
    text:
    builtins.concatStringsSep "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-" (
      builtins.filter builtins.isString (
        builtins.split "/nix/store/[0-9a-z]{32}-" (builtins.unsafeDiscardStringContext text)
      )
    );

  make =
    name:
    let
      image = import (folder + "/${name}/case.nix") { inherit windows; };
    in
    {
      inherit image;
      got = normal image.spec;
      want = builtins.fromJSON (builtins.readFile (folder + "/${name}/spec.json"));
    };
in
builtins.listToAttrs (
  map (name: {
    inherit name;
    value = make name;
  }) names
)
