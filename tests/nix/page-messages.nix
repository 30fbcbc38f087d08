# The messages that pages show, as messages.nix has them: each block of a page that begins as ours
# do is what is told of the expression that stands here for it.
{
  minimal,
  refused,
  windows,
}:
let
  inherit (builtins)
    attrNames
    concatMap
    elemAt
    filter
    genList
    head
    isString
    length
    match
    readFile
    split
    substring
    ;
  docs = ../../docs;
  blocksOf =
    page:
    filter (part: isString part && substring 0 9 part == "lucarne: ") (
      split "```[a-z]*\n" (readFile (docs + "/${page}"))
    );

  iso = windows.utils.windowsIso {
    name = "win.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };

  # Those of a page in its order.
  shown = {
    "export.md" = [
      (windows.export.incus (minimal.override {
        disk.bus = "sata";
        virtioWinIso = null;
      }) { }).drvPath
    ];
    "matrix.md" = [
      (attrNames (
        windows.matrix {
          releases."10-22h2" = iso;
          editions.education = "Windows 11 Education";
          layesr = { };
          exclude = [ { edition = "eductaion"; } ];
        }
      ))
    ];
  };

  ofPage =
    page:
    let
      blocks = blocksOf page;
      here = shown.${page} or [ ];
    in
    if length blocks == length here then
      genList (index: {
        name = "page-${head (match "(.*)\\.md" page)}-${toString index}";
        value = refused (elemAt blocks index) (elemAt here index);
      }) (length here)
    else
      throw (
        "`docs/${page}` shows ${toString (length blocks)} messages, and ${toString (length here)} stand"
        + " here"
      );
  isPage = name: match ".*\\.md" name != null;
in
builtins.listToAttrs (concatMap ofPage (filter isPage (attrNames (builtins.readDir docs))))
