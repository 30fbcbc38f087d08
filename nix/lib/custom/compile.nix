# One list of steps from nested ones; null stands for none. `ofText` is what becomes of a text, and
# `at` where the list is, for messages: what cannot be a step in JSON is told here.
{ at, ofText }:
let
  say =
    place: what: hint:
    throw "lucarne: ${place}: ${what}\nhint: ${hint}";
  # As `software.git` and its like are, and those without a file of their own.
  isProgram = item: builtins.isAttrs item && item ? install;

  compile =
    place: item:
    if builtins.isList item then
      builtins.concatLists (
        builtins.genList (index: compile "${place}[${toString index}]" (builtins.elemAt item index)) (
          builtins.length item
        )
      )
    else if item == null then
      [ ]
    else if builtins.isString item then
      [ (ofText item) ]
    else if builtins.isFunction item then
      say place "is a function, not a step" "give it what it takes, such as `(software._7zip.install { })`"
    else if isProgram item then
      say place "is a program, not a step" "its `install` gives the steps"
    else
      [ item ];
in
compile at
