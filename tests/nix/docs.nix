# The committed reference of options is what the modules say of themselves, and each says what it is and
# shows it. `lib` is the double of nixpkgs' or the real one: it comes to the same.
{ lib }:
let
  pages = import ../../nix/docs { inherit lib; };
  page = name: {
    name = "docs-${name}";
    value =
      let
        file = "docs/${name}.md";
        path = ../.. + "/${file}";
      in
      {
        inherit file;
        got = pages.${name}.text;
        want = if builtins.pathExists path then builtins.readFile path else null;
      };
  };

  starts = text: builtins.match "[A-Z`]" (builtins.substring 0 1 text) != null;
  ends = text: builtins.match ".*[.]" (builtins.replaceStrings [ "\n" ] [ " " ] text) != null;
  isSentence = text: starts text && ends (builtins.replaceStrings [ ".\n" ] [ "." ] text);
  isTold = option: isSentence option.description && (option ? example || option.readOnly);
  silent = name: {
    name = "docs-told-${name}";
    value = {
      got = {
        many = builtins.length pages.${name}.options > 20;
        silent = map (option: option.name) (
          builtins.filter (option: !isTold option) pages.${name}.options
        );
      };
      want = {
        many = true;
        silent = [ ];
      };
    };
  };
in
builtins.listToAttrs (
  map page (builtins.attrNames pages)
  ++ map silent (builtins.attrNames pages)
)
