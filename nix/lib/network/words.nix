# Parts of messages.
let
  inherit (builtins)
    elem
    match
    replaceStrings
    toJSON
    ;
  # Of Nix' own.
  keywords = [
    "assert"
    "else"
    "if"
    "in"
    "inherit"
    "let"
    "or"
    "rec"
    "then"
    "with"
  ];
  isPlain = name: match "[a-zA-Z_][a-zA-Z0-9_'-]*" name != null && !elem name keywords;
  string = value: replaceStrings [ "\${" ] [ "\\\${" ] (toJSON value);
in
rec {
  # A name as a part of an attribute's path.
  attribute = name: if isPlain name then name else string name;
  ofMachine = name: option: "machines.${attribute name}.${option}";

  # What to write into a configuration.
  line = name: option: value: "lucarne.network.${ofMachine name option} = ${string value};";
  quoted = name: option: value: "`${line name option value}`";
}
