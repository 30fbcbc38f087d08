# What may be wrong with the folders of machines: with those of one, and of several, where each
# problem is { name, rule }.
{ lib, machines }:
let
  paths = import ../lib/paths.nix;
  diskPlace = import ../lib/machine/disk-place.nix;
  names = lib.attrNames machines;

  # Of a data disk elsewhere: what is wrong with its place, its folder, and whether that may be one.
  pathOf = name: if machines.${name}.dataDisk == null then null else machines.${name}.dataDisk.path;
  placeOf =
    name:
    let
      path = pathOf name;
    in
    if path == null then null else diskPlace { inherit name path; };
  folderOf = name: dirOf (pathOf name);
  isElsewhere = name: pathOf name != null && placeOf name == null;

  isRoots = paths.isIn "/root";
in
{
  ofOne =
    name: machine:
    let
      place = placeOf name;
      said = map (share: share.path) (lib.attrValues machine.shares);
      # What is written otherwise lies nowhere yet.
      shares = lib.filter paths.isPlain said;
      meets = folder: lib.any (paths.meet folder) shares;
    in
    [
      {
        holds = place == null;
        at = "dataDisk.path";
        what = place.what or "";
        hint = place.hint or "";
      }
      {
        holds = shares == said;
        at = "shares";
        what = "the path of one of them is not absolute, or not written plainly";
        hint =
          "write it from the root on, without quotation marks, `\\`, `:`, `.`, `..`, `//` and `/` at its"
          + " end, such as `/srv/documents`";
      }
      {
        holds = !lib.any isRoots shares;
        at = "shares";
        what = "one of them lies in `/root`, where only root gets";
        hint = "share a folder that others may go through, such as `/srv/documents`";
      }
      {
        holds = !lib.any meets (import ../lib/machine/own-folders.nix name);
        at = "shares";
        what = "one of them and a folder of the machine's own, such as its state, lie in one another";
        hint = "Windows would see its own disk's file: share another folder";
      }
      {
        holds = !isElsewhere name || !meets (folderOf name);
        at = "shares";
        what = "one of them and the folder of the data disk lie in one another";
        hint = "Windows would see its own disk's file: share another folder";
      }
    ];

  # The folder of a data disk is one machine's own, and so is each state folder. Of two disks the
  # second is told.
  ofAll = lib.concatMap (
    name:
    let
      folder = folderOf name;
      clash =
        other: theirs: lies:
        lib.optional (paths.meet theirs folder) {
          inherit name;
          rule = {
            holds = false;
            at = "dataDisk.path";
            what =
              "the ${lies} of `${other}` lies in `${theirs}`"
              + (if paths.isSame theirs folder then " too" else ", and one of the folders in the other");
            hint = "the folder is one machine's own: name one for each, such as `/srv/lucarne/NAME`";
          };
        };
      disk =
        other:
        lib.optionals (other < name && isElsewhere other) (
          clash other (folderOf other) "data disk"
        );
      state = other: lib.optionals (other != name) (clash other "/var/lib/lucarne/${other}" "state");
    in
    lib.concatMap (other: disk other ++ state other) names
  ) (lib.filter isElsewhere names);
}
