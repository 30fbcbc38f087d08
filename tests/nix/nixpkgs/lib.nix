# A double of nixpkgs' lib: what nix/modules uses of it, and no more. Types check and merge as the
# real ones do where the modules here depend on that.
let
  inherit (builtins)
    all
    any
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    filter
    head
    isAttrs
    isBool
    isInt
    isList
    isString
    length
    listToAttrs
    match
    stringLength
    substring
    ;

  letters = text: builtins.genList (i: substring i 1 text) (stringLength text);
  upper = letters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  lower = letters "abcdefghijklmnopqrstuvwxyz";

  # A type: what its values are, and what becomes of several definitions.
  type =
    description: check: merge:
    {
      _type = "option-type";
      inherit description check;
      merge = merge;
    };
  one =
    loc: definitions:
    if all (definition: definition == head definitions) definitions then
      head definitions
    else
      throw "The option `${loc}' has conflicting definition values";
  simple = description: check: type description check one;
  isPackage = value: isAttrs value && value ? outPath;
  isPath =
    value:
    builtins.isPath value || isPackage value || isString value && substring 0 1 value == "/";

  types = rec {
    anything = simple "anything" (_: true) // {
      merge =
        _: definitions:
        if all isAttrs definitions then
          builtins.foldl' (a: b: a // b) { } definitions
        else
          head definitions;
    };
    bool = simple "boolean" isBool;
    str = simple "string" isString;
    lines = type "strings" isString (_: concatStringsSep "\n");
    path = simple "absolute path" isPath;
    package = simple "package" isPackage;
    port = ints.between 0 65535;
    ints = {
      positive = simple "positive integer" (value: isInt value && value > 0);
      between =
        least: most:
        simple "integer between ${toString least} and ${toString most}" (
          value: isInt value && value >= least && value <= most
        );
    };
    enum = values: simple "one of ${builtins.toJSON values}" (value: elem value values);
    strMatching =
      pattern:
      simple "string matching the pattern ${pattern}" (
        value: isString value && match pattern value != null
      );

    nullOr = inner: inner // {
      description = "null or ${inner.description}";
      check = value: value == null || inner.check value;
      merge =
        loc: definitions:
        if any (value: value == null) definitions then
          one loc definitions
        else
          inner.merge loc definitions;
    };
    either = a: b: b // {
      description = "${a.description} or ${b.description}";
      check = value: a.check value || b.check value;
      merge =
        loc: definitions:
        if all a.check definitions then a.merge loc definitions else b.merge loc definitions;
    };
    listOf = inner: {
      _type = "option-type";
      description = "list of ${inner.description}";
      check = isList;
      merge = loc: definitions: map (value: checked loc inner [ value ]) (concatLists definitions);
      options = inner.options or null;
    };
    attrsOf = inner: {
      _type = "option-type";
      description = "attribute set of ${inner.description}";
      check = isAttrs;
      inherit inner;
      merge =
        loc: definitions:
        listToAttrs (
          map (name: {
            inherit name;
            value = checked "${loc}.${name}" (inner.named or (_: inner) name) (
              concatMap (set: if set ? ${name} then [ set.${name} ] else [ ]) definitions
            );
          }) (concatMap attrNames definitions)
        );
      options = inner.options or null;
      # Declared twice: both count.
      both = other: attrsOf (inner.both other.inner);
    };
    submodule =
      module:
      let
        of =
          modules: name:
          {
            _type = "option-type";
            description = "submodule";
            check = value: isAttrs value || builtins.isFunction value;
            inherit modules;
            named = of modules;
            merge =
              loc: definitions:
              (import ./modules.nix lib loc (modules ++ definitions) { inherit name; }).config;
            options = (import ./modules.nix lib "" modules { inherit name; }).declared;
            both = other: of (modules ++ other.modules) name;
          };
      in
      of [ module ] "‹name›";
  };

  # What is said by `mkDefault` counts where nothing else is said.
  strongest =
    definitions:
    let
      isDefault = value: isAttrs value && value._type or null == "default";
      said = filter (value: !isDefault value) definitions;
    in
    if said == [ ] then map (value: value.content) definitions else said;

  # A value of a type, or the real one's words.
  checked =
    loc: type: all:
    let
      definitions = strongest all;
      wrong = filter (value: !type.check value) definitions;
    in
    if wrong != [ ] then
      throw "A definition for option `${loc}' is not of type `${type.description}'"
    else
      type.merge loc definitions;

  lib = {
    inherit (builtins)
      all
      any
      attrNames
      attrValues
      concatLists
      concatMap
      concatStringsSep
      elem
      filter
      groupBy
      mapAttrs
      head
      length
      replaceStrings
      tail
      ;
    inherit checked types;

    mkOption = option: option // { _type = "option"; };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkDefault = content: {
      _type = "default";
      inherit content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    literalExpression = text: { inherit text; };
    literalMD = text: { inherit text; };

    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    hasInfix = infix: text: builtins.replaceStrings [ infix ] [ "" ] text != text;
    toLower = builtins.replaceStrings upper lower;
    unique = builtins.foldl' (seen: value: if elem value seen then seen else seen ++ [ value ]) [ ];
    concatMapStrings = f: list: builtins.concatStringsSep "" (map f list);
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
    filterAttrs =
      keep: set: removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
  };
in
lib
