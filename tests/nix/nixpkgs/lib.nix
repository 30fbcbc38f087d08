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

  reversed = builtins.foldl' (list: value: [ value ] ++ list) [ ];
  # For `split`, of characters that mean something there.
  escaped = builtins.replaceStrings [ "." "+" "*" ] [ "\\." "\\+" "\\*" ];
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

  # How a description is put into another one's, as the real ones are.
  phrase =
    plain: type:
    if elem (type.class or "noun") plain then type.description else "(${type.description})";
  both' = a: b: "${toString a} and ${toString b} (both inclusive)";
  show =
    value: if isString value then "\"${value}\"" else if isInt value then toString value else "<value>";

  types = rec {
    anything = simple "anything" (_: true) // {
      merge =
        _: definitions:
        if all isAttrs definitions then
          builtins.foldl' (a: b: a // b) { } definitions
        else
          head definitions;
    };
    raw = simple "raw value" (_: true);
    bool = simple "boolean" isBool;
    str = simple "string" isString;
    lines = type ''strings concatenated with "\n"'' isString (_: concatStringsSep "\n");
    path = simple "absolute path" isPath;
    package = simple "package" isPackage;
    port = ints.between 0 65535 // {
      description = "16 bit unsigned integer; between ${both' 0 65535}";
    };
    ints = {
      positive = simple "positive integer, meaning >0" (value: isInt value && value > 0) // {
        class = "clause";
      };
      between =
        least: most:
        simple "integer between ${both' least most}" (
          value: isInt value && value >= least && value <= most
        );
    };
    enum =
      values:
      simple (
        if length values == 1 then
          "value ${show (head values)} (singular enum)"
        else
          "one of ${concatStringsSep ", " (map show values)}"
      ) (value: elem value values)
      // {
        class = if length values == 1 then "noun" else "conjunction";
      };
    strMatching =
      pattern:
      simple "string matching the pattern ${pattern}" (
        value: isString value && match pattern value != null
      );

    nullOr = inner: inner // {
      description = "null or ${phrase [ "noun" "conjunction" ] inner}";
      class = "conjunction";
      check = value: value == null || inner.check value;
      merge =
        loc: definitions:
        if any (value: value == null) definitions then
          one loc definitions
        else
          inner.merge loc definitions;
    };
    either = a: b: b // {
      description =
        if a.class or "noun" == "clause" then
          "${a.description}, or ${phrase [ "noun" "conjunction" ] b}"
        else
          "${phrase [ "noun" "conjunction" ] a} or ${phrase [ "noun" "conjunction" "composite" ] b}";
      class = "conjunction";
      # The manual does not look into them.
      isClosed = true;
      check = value: a.check value || b.check value;
      merge =
        loc: definitions:
        if all a.check definitions then a.merge loc definitions else b.merge loc definitions;
    };
    listOf = inner: {
      _type = "option-type";
      description = "list of ${phrase [ "noun" "composite" ] inner}";
      class = "composite";
      check = isList;
      merge = loc: definitions: map (value: checked loc inner [ value ]) (concatLists definitions);
      options = inner.options or null;
      places = [ "*" ] ++ inner.places or [ ];
    };
    attrsOf = inner: {
      _type = "option-type";
      description = "attribute set of ${phrase [ "noun" "composite" ] inner}";
      class = "composite";
      check = isAttrs;
      inherit inner;
      merge =
        loc: definitions:
        let
          of =
            name: concatMap (set: if set ? ${name} then decided set.${name} else [ ]) definitions;
          names = filter (name: of name != [ ]) (concatMap attrNames definitions);
        in
        listToAttrs (
          map (name: {
            inherit name;
            value = checked "${loc}.${name}" (inner.named or (_: inner) name) (of name);
          }) names
        );
      options = inner.options or null;
      places = [ "<name>" ] ++ inner.places or [ ];
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
            class = "clause";
            check = value: isAttrs value || builtins.isFunction value;
            inherit modules;
            named = of modules;
            merge =
              loc: definitions:
              let
                # A set says what the options are, also where one of them is called `config`.
                module = value: if isAttrs value then { config = value; } else value;
              in
              (import ./modules.nix lib loc (modules ++ map module definitions) { inherit name; }).config;
            options = (import ./modules.nix lib "" modules { inherit name; }).declared;
            both = other: of (modules ++ other.modules) name;
          };
      in
      of [ module ] "‹name›";
  };

  # A value as the manual shows it (`lib.generators.toPretty`).
  pretty =
    indent: value:
    let
      deeper = "${indent}  ";
      inside = "\n${deeper}";
      outside = "\n${indent}";
      lines = filter isString (builtins.split "\n" value);
      single =
        builtins.replaceStrings [ "\\" "\"" "\${" ] [ "\\\\" "\\\"" "\\\${" ] value;
      item = name: "${name} = ${pretty deeper value.${name}};";
    in
    if value == null then
      "null"
    else if isBool value then
      (if value then "true" else "false")
    else if isString value then
      (
        if length lines > 1 then
          throw "the double shows no text of several lines"
        else
          "\"${single}\""
      )
    else if isList value then
      (
        if value == [ ] then
          "[ ]"
        else
          "[${inside}${concatStringsSep inside (map (pretty deeper) value)}${outside}]"
      )
    else if isAttrs value then
      (
        if value == { } then
          "{ }"
        else
          "{${inside}${concatStringsSep inside (map item (attrNames value))}${outside}}"
      )
    else
      toString value;
  rendered =
    value:
    if value ? _type && value ? text then
      value
    else
      {
        _type = "literalExpression";
        text = pretty "" value;
      };

  # What is said, conditions decided.
  decided =
    value:
    if isAttrs value && value._type or null == "if" then
      if value.condition then decided value.content else [ ]
    else if isAttrs value && value._type or null == "merge" then
      concatMap decided value.contents
    else
      [ value ];

  # What is said with the most strength counts, which is the smallest number.
  strongest =
    definitions:
    let
      isWeighed = value: isAttrs value && value._type or null == "override";
      strength = value: if isWeighed value then value.priority else 100;
      most = builtins.foldl' (a: b: if b < a then b else a) 9999 (map strength definitions);
    in
    concatMap (value: if isWeighed value then decided value.content else [ value ]) (
      filter (value: strength value == most) definitions
    );

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
      elemAt
      filter
      groupBy
      isString
      mapAttrs
      head
      length
      replaceStrings
      tail
      ;
    inherit checked decided types;

    mkOption = option: option // { _type = "option"; };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkOverride = priority: content: {
      _type = "override";
      inherit priority content;
    };
    mkDefault = lib.mkOverride 1000;
    mkForce = lib.mkOverride 50;
    # The one option is the other one, by what is said and by what it is (modules.nix).
    mkAliasOptionModule = from: to: {
      options = lib.setAttrByPath from (
        lib.mkOption {
          type = types.anything;
          aliasOf = to;
        }
      );
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };
    literalMD = text: {
      _type = "literalMD";
      inherit text;
    };

    # `options` is the list of what is declared (modules.nix).
    evalModules =
      { modules }:
      {
        options = (import ./modules.nix lib "" modules { pkgs = throw "no packages"; }).declared;
      };
    optionAttrSetToDocList = map (
      option:
      {
        inherit (option) description name;
        type = option.type.description;
        readOnly = option.readOnly or false;
        internal = false;
        visible = !(option.isHidden or false);
      }
      // (if option ? example then { example = rendered option.example; } else { })
      // (
        if option ? defaultText || option ? default then
          { default = rendered (option.defaultText or option.default); }
        else
          { }
      )
    );

    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    removeSuffix =
      suffix: text:
      let
        rest = stringLength text - stringLength suffix;
      in
      if rest >= 0 && substring rest (stringLength suffix) text == suffix then
        substring 0 rest text
      else
        text;
    hasInfix = infix: text: builtins.replaceStrings [ infix ] [ "" ] text != text;
    toLower = builtins.replaceStrings upper lower;
    unique = builtins.foldl' (seen: value: if elem value seen then seen else seen ++ [ value ]) [ ];
    subtractLists = less: filter (value: !elem value less);
    splitString = by: text: filter isString (builtins.split (escaped by) text);
    setAttrByPath =
      path: value: builtins.foldl' (inner: name: { ${name} = inner; }) value (reversed path);
    getAttrFromPath = path: set: builtins.foldl' (set: name: set.${name}) set path;
    genAttrs = names: f: listToAttrs (map (name: { inherit name; value = f name; }) names);
    escapeShellArg = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
    escapeShellArgs = list: concatStringsSep " " (map lib.escapeShellArg list);
    concatMapStringsSep = by: f: list: concatStringsSep by (map f list);
    importJSON = path: builtins.fromJSON (builtins.readFile path);
    concatMapStrings = f: list: builtins.concatStringsSep "" (map f list);
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
    filterAttrs =
      keep: set: removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
  };
in
lib
