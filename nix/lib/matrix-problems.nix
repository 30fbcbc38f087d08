# What is wrong with the arguments of windows.matrix: { at, what, hint } each, every one once.
# First what can be told of the arguments as they are, and where that is nothing, of what they make.
{
  args,
  axes,
  combinations,
  isByLanguage,
  isCalled,
  layersOf,
  mergedOf,
  nameOf,
  order,
  partsOf,
  placesOf,
}:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    genList
    head
    isAttrs
    isList
    isString
    length
    ;
  isWhole = import ./is-whole.nix;
  lower = import ./lower.nix;
  nameProblem = import ./name-problem.nix;
  nearest = import ./nearest.nix;
  clashes = import ./clashes.nix;
  inherit (import ./network/words.nix) attribute;

  # A set of arguments, and not a package or another thing in a set's clothes.
  isSet = value: isAttrs value && !isWhole value;

  problem = at: what: hint: { inherit at what hint; };
  some = condition: it: if condition then [ it ] else [ ];
  indexed = f: list: concatMap (index: f index (elemAt list index)) (genList (n: n) (length list));
  listed =
    names: if names == [ ] then "there are none" else "there are ${concatStringsSep ", " names}";

  # A name that is none of some, with the one that was meant.
  stranger =
    at: what: names: name:
    let
      meant = if isString name then nearest name names else null;
      told = if isString name then "`${name}` ${what}" else "has what is no name";
    in
    problem at told (if meant == null then listed names else "did you mean `${meant}`?");

  arguments = [
    "releases"
    "editions"
    "languages"
    "layers"
    "common"
    "exclude"
  ];
  unknown = map (
    name:
    let
      meant = nearest name arguments;
    in
    problem name "no such argument" (
      if meant == null then
        "what all images have goes into `common`; ${listed arguments}"
      else
        "did you mean `${meant}`?"
    )
  ) (filter (name: !elem name arguments) (attrNames args));

  # Of an axis: it is a set, has something, and each name of it can be part of an image's.
  ofAxis =
    axis:
    let
      inherit (axes.${axis}) argument values;
      said = args.${argument};
      isShort = axis == "language" && isList said;
    in
    if !(args ? ${argument}) then
      some (axis == "release") (
        problem argument "is not given" "name at least one: { \"11-25h2\" = { windowsIso = …; }; }"
      )
    else if !isAttrs said && !isShort then
      some true (problem argument "is no set of values by their names" "write { NAME = { … }; }")
    else if isShort && !builtins.all isString said then
      some true (
        problem argument "has what is no language" "write each as a text, such as \"en-US\""
      )
    else
      # What differs in capitals alone has one name.
      concatMap (
        name:
        some (length (filter (value: lower value == name) said) > 1) (
          problem argument "has `${name}` more than once" "write it once"
        )
      ) (if isShort then attrNames values else [ ])
      ++ some (values == { } && axis != "layer") (
        problem argument "is empty" "name at least one, or leave it out"
      )
      ++ concatMap (
        name:
        some (builtins.match "[A-Za-z0-9_+-]+" name == null) (
          problem "${argument}.${attribute name}" "cannot be a part of an image's name"
            "letters, digits and `+-_` make one, so that `nix build .#NAME` finds it"
        )
      ) (attrNames values);

  common = args.common or { };
  exclude = args.exclude or [ ];
  ofExclude =
    if isList exclude then
      indexed ofRule exclude
    else
      some true (
        problem "exclude" "is no list" "write [ { release = \"NAME\"; edition = \"NAME\"; } … ]"
      );
  ofRule =
    index: rule:
    let
      at = "exclude[${toString index}]";
    in
    if !isAttrs rule || rule == { } then
      some true (
        problem at "names no axis" "write { release = \"NAME\"; … } of ${concatStringsSep ", " order}"
      )
    else
      concatMap (
        axis:
        if elem axis order then
          ofNamed "${at}.${axis}" axis rule.${axis}
        else
          [ (stranger at "is no axis" order axis) ]
      ) (attrNames rule);
  # One name of an axis, or a list of them; a layer's may be null, for the image by itself.
  ofNamed =
    at: axis: said:
    let
      inherit (axes.${axis}) argument values;
      isThere = name: isString name && values ? ${name} || name == null && axis == "layer";
    in
    some (said == [ ]) (problem at "is empty" "name at least one, or leave it out")
    ++ map (stranger at "is none of the ${argument}" (attrNames values)) (
      filter (name: !isThere name) (if isList said then said else [ said ])
    );

  asGiven =
    unknown
    ++ concatMap ofAxis order
    ++ ofExclude
    ++ some (!isSet common && !isCalled common) (
      problem "common" "is no set of an image's arguments" "write { … }"
    );

  # Of what an image's arguments are made of.
  ofPart =
    { at, value }:
    if isSet value then
      some (value ? name) (
        problem "${at}.name" "is made of the names of the axes" "name the value itself otherwise"
      )
    else
      some true (
        problem at "is no set of an image's arguments" "write { … }"
      );

  ofIso =
    combination:
    let
      # Where it is said last, which counts.
      parts = filter (part: part.value ? windowsIso) (partsOf combination);
      place =
        if parts == [ ] then
          "releases.${attribute combination.release}"
        else
          (elemAt parts (length parts - 1)).at;
      at = "${place}.windowsIso";
      iso = (mergedOf combination).windowsIso or null;
      inherit (combination) language;
      languages = attrNames axes.language.values;
    in
    if iso == null then
      [ (problem at "is not given" "give an ISO, or one for each language: { en-us = …; }") ]
    else if isByLanguage iso then
      map (stranger at "is none of the languages" languages) (
        filter (name: !elem name languages) (attrNames iso)
      )
      ++ some (language != null && !(iso ? ${language})) (
        problem "${at}.${attribute language}" "is not given" (
          "give the ISO, or leave the images out:"
          + " exclude = [ { release = \"${combination.release}\"; language = \"${language}\"; } ]"
        )
      )
      ++ some (language == null) (
        problem at "has one for each language, and there are no `languages`" "give the ISO itself"
      )
    else
      [ ];

  ofLayers =
    combination:
    let
      layers = layersOf combination;
      names = attrNames layers;
      below = layer: layers.${layer}.on or null;
      # A way down that is longer than there are layers has no end.
      isEndless =
        layer: left:
        isString layer && layers ? ${layer} && (left == 0 || isEndless (below layer) (left - 1));
      ofLayer =
        name:
        let
          at = "layers.${attribute name}";
          layer = layers.${name};
        in
        if !isSet layer then
          [ (problem at "is no { steps, … }" "write { steps = [ … ]; }") ]
        else
          some (!(layer ? steps)) (problem "${at}.steps" "is not given" "write what is to be done")
          ++ some (layer ? name) (
            problem "${at}.name" "is made of the names of the axes"
              "name the layer itself otherwise"
          )
          ++ some (below name != null && !elem (below name) names) (
            stranger "${at}.on" "is none of the layers" names (below name)
          )
          ++ some (builtins.all isSet (attrValues layers) && isEndless name (length names)) (
            problem "${at}.on" "leads to no lowest layer"
              "leave `on` out of the one on the image itself"
          );
    in
    concatMap ofLayer names;

  ofCombination =
    combination:
    let
      parts = concatMap ofPart (partsOf combination);
    in
    if placesOf combination == [ ] then
      [ ]
    else
      (if parts == [ ] then ofIso combination else parts) ++ ofLayers combination;

  places = concatMap placesOf combinations;
  byNumber = builtins.listToAttrs (
    genList (n: {
      name = toString n;
      value = elemAt places n;
    }) (length places)
  );
  told =
    place:
    concatStringsSep ", " (
      concatMap (axis: some (place.${axis} != null) "${axis} `${place.${axis}}`") order
    );
  ofNames = map (
    {
      first,
      key,
      name,
    }:
    problem "releases" (
      "`${key}` is the name of two images: of ${told byNumber.${first}},"
      + " and of ${told byNumber.${name}}"
    ) "rename one of their parts"
  ) (clashes byNumber (place: [ (nameOf place) ]));

  # One of them, for a shorter part makes many names shorter.
  ofLength =
    let
      long = filter (name: nameProblem name != null) (map nameOf places);
      name = head long;
    in
    some (long != [ ]) (
      problem "releases" "`${name}` ${(nameProblem name).what}" "shorten one of its parts"
    );

  asMade =
    concatMap ofCombination combinations
    ++ ofNames
    ++ ofLength
    ++ some (places == [ ]) (problem "exclude" "leaves nothing" "leave fewer out");

  # A part of many images is told of once.
  once =
    all:
    attrValues (builtins.mapAttrs (_: head) (builtins.groupBy (it: "${it.at}: ${it.what}") all));
in
if isAttrs args then
  once (if asGiven == [ ] then asMade else asGiven)
else
  [
    (problem "its argument" "is no set" "it has ${concatStringsSep ", " arguments}")
  ]
