# Evaluates modules as NixOS does, as far as nix/modules needs it: imports, options, definitions,
# `mkIf` and `mkMerge`. lib -> place of the options -> modules -> arguments -> { config, declared }.
lib: place: modules: arguments:
let
  inherit (builtins)
    attrNames
    concatMap
    filter
    foldl'
    isAttrs
    isFunction
    isPath
    mapAttrs
    removeAttrs
    ;

  call =
    module:
    let
      value = if isPath module then import module else module;
    in
    if isFunction value then
      value (
        {
          inherit config lib;
          options = tree;
        }
        // arguments
      )
    else
      value;

  collect =
    module:
    let
      value = call module;
    in
    concatMap collect (value.imports or [ ]) ++ [ value ];
  all = concatMap collect modules;

  isOption = value: value._type or null == "option";

  # The tree of options, where one may be declared in several places.
  both =
    a: b:
    if isOption a && isOption b then
      a // b // { type = a.type.both b.type; }
    else
      a // mapAttrs (name: value: if a ? ${name} then both a.${name} value else value) b;
  tree = foldl' both { } (map (module: module.options or { }) all);

  kind = value: if isAttrs value then value._type or null else null;
  # Conditions are decided at an option alone: whether a part of the host is defined may hang on
  # another part of it.
  inherit (lib) decided;
  said =
    module:
    if module ? config || module ? options then
      module.config or { }
    else
      removeAttrs module [
        "_file"
        "imports"
        "key"
      ];
  below =
    name: definition:
    if kind definition == "if" then
      map (content: definition // { inherit content; }) (below name definition.content)
    else if kind definition == "merge" then
      concatMap (below name) definition.contents
    else if definition ? ${name} then
      [ definition.${name} ]
    else
      [ ];
  names =
    definition:
    if kind definition == "if" then
      names definition.content
    else if kind definition == "merge" then
      concatMap names definition.contents
    else
      attrNames definition;

  value =
    loc: option: undecided:
    let
      definitions = concatMap decided undecided;
    in
    if isOption option then
      if option ? aliasOf then
        lib.getAttrFromPath option.aliasOf config
      else if option.readOnly or false && builtins.length definitions > 1 then
        throw "The option `${loc}' is read-only"
      else if definitions != [ ] then
        lib.checked loc option.type definitions
      else if option ? default then
        lib.checked loc option.type [ option.default ]
      else
        throw "The option `${loc}' was accessed but has no value defined"
    else
      checkNames loc option undecided (
        mapAttrs (
          name: inner: value (join loc name) inner (concatMap (below name) undecided)
        ) option
      );
  join = loc: name: if loc == "" then name else "${loc}.${name}";

  # A definition of what is no option.
  checkNames =
    loc: options: definitions: result:
    let
      strange = filter (name: !(options ? ${name})) (concatMap names definitions);
    in
    if strange == [ ] then
      result
    else
      throw "The option `${join loc (builtins.head strange)}' does not exist";

  # What is said of an alias is said of what it stands for.
  aliases =
    path: option:
    if isOption option then
      if option ? aliasOf then
        map (lib.setAttrByPath option.aliasOf) (
          foldl' (found: name: concatMap (below name) found) (map said all) path
        )
      else
        [ ]
    else
      concatMap (name: aliases (path ++ [ name ]) option.${name}) (attrNames option);

  config = value place tree (map said all ++ aliases [ ] tree);

  # Every option by its path, those of submodules too. `name` is the manual's: it has a place for each
  # name and each element, and what it does not show is hidden.
  list =
    loc: option:
    if isOption option then
      let
        inherit (option) type;
        places = type.places or [ ];
        below = inner: inner // {
          loc = "${loc}.${inner.loc}";
          name = lib.concatStringsSep "." ([ loc ] ++ places ++ [ inner.name ]);
          isHidden = inner.isHidden or false || type.isClosed or false;
        };
      in
      [
        (
          option
          // {
            inherit loc;
            name = loc;
          }
        )
      ]
      ++ map below (if (type.options or null) == null then [ ] else type.options)
    else
      concatMap (name: list (join loc name) option.${name}) (attrNames option);
in
{
  inherit config;
  declared = list "" tree;
}
