# What the catalogue's files share.
let
  registry = name: key: values: {
    inherit name;
    registry = { inherit key values; };
  };
in
{
  inherit registry;

  # Paths may be written with `/`, which Nix needs no escape for.
  windowsPath = builtins.replaceStrings [ "/" ] [ "\\" ];

  # A setting of each account, those to come included.
  everyUser = name: key: registry name "EveryUser\\${key}";

  # Several values that are equal.
  all = names: value: builtins.listToAttrs (map (name: { inherit name value; }) names);

  # A step, or none.
  maybe = condition: step: if condition then step else null;

  # A group of Windows' own rules, by the resource that names it in every language.
  openGroup = name: group: {
    inherit name;
    firewall = { inherit group; };
  };

  # An installer that is a program: 3010 and 1641 restart Windows, as its convention is.
  installer =
    {
      name,
      source,
      arguments,
      check ? null,
      success ? [ 0 ],
    }:
    {
      inherit name check;
      program = {
        inherit source arguments;
        exitCodes = { inherit success; };
      };
    };

  say = at: what: throw "lucarne: custom.${at}: ${what}";

  # A set that a function takes apart itself, of which no name is passed over.
  known = at: import ../known.nix "custom.${at}";
}
