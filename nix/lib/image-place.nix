# What stands in the place of an image, a value of ours or the folder of one, as far as evaluation
# can tell: { problem, folder }. The first is { what, hint } or null, the second the folder's path as
# a text.
{
  # Whether a build reads it. Its sandbox shows it the store alone, where a host sees all folders.
  isBuilt,
  # What else there is to do with a folder that no build sees, in words after a hint.
  otherwise ? "",
}:
value:
let
  inherit (builtins)
    elemAt
    isAttrs
    isPath
    isString
    match
    pathExists
    ;
  kind = import ./kind.nix;
  paths = import ./paths.nix;

  values = "name a value of `makeBaseImage`, `addLayer` or `flatten`";
  folders = if isBuilt then "the folder of one in the store" else "the folder of one";
  problem = what: hint: { inherit what hint; };
  usual = what: problem what "${values}, or ${folders}";

  text = toString value;

  # A path of the store, and what of it is its top: letters as Nix' hashes have them.
  ofStore = match "(${builtins.storeDir}/[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+._?=-]+)(/.*)?" text;
  isStored = ofStore != null && paths.isIn (elemAt ofStore 0) text;

  # What the store holds is no input of a build before the text says that it is. Nix looks whether
  # it is there, where it may.
  input =
    if builtins.hasContext text then
      text
    else
      builtins.appendContext text { ${elemAt ofStore 0}.path = true; };

  name = value.name or "it";
  ofSet =
    if value ? addLayer && value ? outPath then
      null
    # What there is beside an image for it, as its `media` and its `debug`, has its spec.
    else if value ? spec then
      usual "`${name}` is no image, but lies beside one"
    else if value.type or null == "derivation" then
      problem "`${name}` is a derivation, and no image" (
        values + "; a folder of one that something else makes is the text \"\${…}\""
      )
    else if value ? outPath then
      null
    else
      usual "is an attribute set, and no image";

  ofString =
    if text == "" then
      usual "is empty"
    else if !paths.isAbsolute text then
      usual "`${text}` is no absolute path"
    else if isBuilt && !isStored then
      problem "`${text}` does not lie in the store, and no build sees it" (
        "name the path that `nix-store --add ${text}` prints" + otherwise
      )
    else
      null;

  # One of the store itself is named, everything else is copied.
  isNamed = ofStore != null && elemAt ofStore 1 == null;
  ofPath =
    if isNamed then
      null
    else if !pathExists value then
      usual "`${text}` is not there, or evaluation may not read it"
    else if builtins.readFileType value == "symlink" then
      problem "`${text}` is a link, which would be copied as one" "name what it leads to"
    else if !pathExists (value + "/manifest.json") then
      usual "`${text}` is no image's folder, for it has no `manifest.json`"
    else
      null;
  cost =
    "lucarne: ${text} is a plain path: each evaluation reads it whole and copies it to the store"
    + " where it is not there yet; the text that `nix-store --add ${text}` prints costs nothing";
in
{
  problem =
    if isAttrs value then
      ofSet
    else if isString value then
      ofString
    else if isPath value then
      ofPath
    else
      usual "is ${kind value}, and no image";

  folder =
    if isPath value then
      if isNamed then input else builtins.warn cost "${value}"
    else if isString value && isBuilt then
      input
    else
      "${value}";
}
