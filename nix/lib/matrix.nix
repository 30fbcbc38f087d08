# windows.matrix: an image for each release, edition and language, and for each layer on it, as one
# flat set: { "11-25h2-pro-en-us" = image; "11-25h2-pro-en-us-office" = image; … }. Each is what
# makeBaseImage and addLayer make of the same arguments by hand.
makeBaseImage: args:
let
  inherit (builtins)
    all
    attrNames
    concatMap
    elem
    filter
    isAttrs
    isFunction
    isList
    isString
    listToAttrs
    mapAttrs
    ;
  merge = import ./merge.nix;
  isWhole = import ./is-whole.nix;
  lower = import ./lower.nix;
  inherit (import ./network/words.nix) attribute;

  isIso = value: isString value || builtins.isPath value || value ? outPath;
  isByLanguage = iso: isAttrs iso && !isWhole iso;

  # The names of the axes, in the order in which an image's name has them.
  order = [
    "release"
    "edition"
    "language"
    "layer"
  ];

  # What each is called among the arguments, its values by their names, and what one of them says: a
  # text or an ISO in the place of an image's arguments stands for the one that is meant there.
  axes = {
    release = {
      argument = "releases";
      values = setOf "releases";
      read = it: if isIso it then { windowsIso = it; } else it;
    };
    edition = {
      argument = "editions";
      values = setOf "editions";
      read = it: if isString it then { edition = it; } else it;
    };
    language = {
      argument = "languages";
      values = languages;
      read = it: if isString it then { locale.ui = it; } else it;
    };
    layer = {
      argument = "layers";
      values = setOf "layers";
      read = it: it;
    };
  };

  # What is no set is told among the problems.
  setOf = name: if isAttrs (args.${name} or null) then args.${name} else { };

  # `[ "en-US" … ]` are the languages with these names in small letters.
  languages =
    let
      said = args.languages or { };
      named = value: {
        name = lower value;
        inherit value;
      };
    in
    if isList said then listToAttrs (map named (filter isString said)) else setOf "languages";

  # An axis that is not there has no part in a name.
  namesOf =
    axis: if args ? ${axes.${axis}.argument} then attrNames axes.${axis}.values else [ null ];

  combinations = concatMap (
    release:
    concatMap (
      edition: map (language: { inherit release edition language; }) (namesOf "language")
    ) (namesOf "edition")
  ) (namesOf "release");

  # Of a combination: the image by itself, and that with each layer.
  placesOf =
    combination:
    filter (place: !isExcluded place) (
      map (layer: combination // { inherit layer; }) ([ null ] ++ attrNames axes.layer.values)
    );
  nameOf =
    place: builtins.concatStringsSep "-" (filter isString (map (axis: place.${axis}) order));

  # Whether a rule of `exclude` means a place: each axis that it names has one of its names there.
  means = rule: place: all (axis: elem place.${axis} (listOf rule.${axis})) (attrNames rule);
  listOf = value: if isList value then value else [ value ];
  isExcluded = place: builtins.any (rule: means rule place) (args.exclude or [ ]);

  # A value may hang on the names beside it. What a library makes of a function is a set.
  isCalled = value: isFunction value || value ? __functor && !(value ? outPath);
  resolved = combination: value: if isCalled value then value combination else value;

  # What an image's arguments are made of, the weakest first, each with its place.
  partsOf =
    combination:
    [
      {
        at = "common";
        value = resolved combination (args.common or { });
      }
    ]
    ++ map (axis: {
      at = "${axes.${axis}.argument}.${attribute combination.${axis}}";
      value = axes.${axis}.read (resolved combination axes.${axis}.values.${combination.${axis}});
    }) (filter (axis: combination.${axis} or null != null) order);
  mergedOf = combination: builtins.foldl' merge { } (map (part: part.value) (partsOf combination));
  layersOf = combination: mapAttrs (_: resolved combination) axes.layer.values;

  # The steps of all parts follow one another; of everything else the strongest counts.
  argumentsOf =
    combination:
    let
      merged = mergedOf combination;
      iso = merged.windowsIso;
      steps = map (part: part.value.steps or null) (partsOf combination);
    in
    merged
    // {
      name = nameOf (combination // { layer = null; });
      windowsIso = if isByLanguage iso then iso.${combination.language} else iso;
    }
    // (if merged ? steps then { inherit steps; } else { });

  imagesOf =
    combination:
    let
      base = makeBaseImage (argumentsOf combination);
      on = layer: if layer == null then base else layered.${layer};
      # What lies on one image lies on one value, which is evaluated once.
      layered = mapAttrs (
        layer: it:
        (on (it.on or null)).addLayer (
          builtins.removeAttrs it [ "on" ]
          // {
            name = nameOf (combination // { inherit layer; });
          }
        )
      ) (layersOf combination);
    in
    map (place: {
      name = nameOf place;
      value = on place.layer;
    }) (placesOf combination);

  problems = import ./matrix-problems.nix {
    inherit
      args
      axes
      combinations
      isByLanguage
      isCalled
      layersOf
      mergedOf
      nameOf
      order
      partsOf
      placesOf
      ;
  };
  many = builtins.length problems;
in
if problems == [ ] then
  listToAttrs (concatMap imagesOf combinations)
else
  throw (
    "lucarne: matrix: ${toString many} problem${if many == 1 then "" else "s"}"
    + builtins.concatStringsSep "" (
      map ({ at, what, hint }: "\n  ${at}: ${what}\n    hint: ${hint}") problems
    )
  )
