# A page: { of, guide, options } -> Markdown. The options are as `lib.optionAttrSetToDocList` has them.
{
  of,
  guide,
  options,
}:
let
  inherit (builtins)
    concatStringsSep
    filter
    isList
    split
    ;

  # Indented strings, as descriptions and long examples are, end with a line's end.
  trim =
    text:
    let
      last = builtins.stringLength text - 1;
    in
    if builtins.substring last 1 text == "\n" then builtins.substring 0 last text else text;

  # A short value stands in its line, one of several lines in a block.
  value =
    what:
    { _type, ... }@said:
    let
      text = trim said.text;
    in
    if _type == "literalMD" then
      [ "${what}: ${text}" ]
    else if filter isList (split "\n" text) == [ ] then
      [ "${what}: `${text}`" ]
    else
      [
        "${what}:"
        ""
        "  ```nix"
      ]
      ++ map (line: "  ${line}") (filter builtins.isString (split "\n" text))
      ++ [ "  ```" ];
  item = lines: [ "- ${builtins.head lines}" ] ++ builtins.tail lines;

  one =
    option:
    [
      "## `${option.name}`"
      ""
      (trim option.description)
      ""
    ]
    ++ item [ "type: `${option.type}`" ]
    ++ (if option ? default then item (value "default" option.default) else [ ])
    ++ (if option.readOnly then item [ "only to be read" ] else [ ])
    ++ (if option ? example then item (value "example" option.example) else [ ])
    ++ [ "" ];
in
concatStringsSep "\n" (
  [
    "# Options of `${of}`"
    ""
    "Made of the modules by `nix/docs`; what they are for tells [${guide}](${guide})."
    ""
  ]
  ++ builtins.concatMap one options
)
