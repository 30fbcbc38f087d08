# Texts as systemd's unit files take them (systemd.syntax(7), systemd.service(5)).
let
  quote = text: "\"${builtins.replaceStrings [ "\\" "\"" "%" ] [ "\\\\" "\\\"" "%%" ] text}\"";
  plain = text: builtins.match "[a-zA-Z0-9/._=@+:,-]+" text != null;
in
rec {
  # A word of a list, such as a path.
  word = text: if plain text then text else quote text;

  # A word of a command line, where `$` begins a variable.
  argument = text: builtins.replaceStrings [ "$" ] [ "$$" ] (word text);

  command = words: builtins.concatStringsSep " " (map argument words);

  # What is not split: `%` alone has a meaning.
  verbatim = builtins.replaceStrings [ "%" ] [ "%%" ];

  # The unit of a network interface (systemd-escape --suffix=device).
  device =
    interface:
    let
      escaped = builtins.replaceStrings [ "-" "/" ] [ "\\x2d" "-" ] interface;
    in
    "sys-subsystem-net-devices-${escaped}.device";
}
