# A value with its store paths made equal everywhere, so that it can be compared with a file.
let
  normal =
    value:
    if value ? outPath then
      # A derivation is its output's path.
      withoutHashes "${value}"
    else if builtins.isAttrs value then
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
in
normal
