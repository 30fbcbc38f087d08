# Parts of messages.
let
  inherit (builtins) match toJSON;
in
rec {
  # A name as a part of an attribute's path.
  attribute = name: if match "[a-zA-Z_][a-zA-Z0-9_'-]*" name == null then toJSON name else name;
  ofMachine = name: option: "machines.${attribute name}.${option}";

  # What to write into a configuration.
  line = name: option: value: "lucarne.network.${ofMachine name option} = ${toJSON value};";
  quoted = name: option: value: "`${line name option value}`";
}
