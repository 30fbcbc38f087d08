# The text of `microvm-prune`: { stateDir, declared, used, roots } -> text.
given:
let
  quote = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] text}'";
  words = builtins.mapAttrs (
    _: value: builtins.concatStringsSep " " (map quote (if builtins.isList value then value else [ value ]))
  ) given;
  names = builtins.attrNames words;
in
builtins.replaceStrings (map (name: "@${name}@") names) (builtins.attrValues words) (
  builtins.readFile ./microvm-prune.sh
)
