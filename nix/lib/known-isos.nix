# The ISOs whose hashes are public: data/windows-isos.json, which names who publishes each.
let
  table = builtins.fromJSON (builtins.readFile ../../data/windows-isos.json);
  names = builtins.attrNames table;

  # What re-spins of one ISO have in common.
  kind =
    name:
    let
      iso = table.${name};
    in
    [
      iso.release
      iso.edition
      iso.architecture
      iso.language
    ];
in
{
  # windowsIso -> { NAME = a value; … }.
  values =
    windowsIso:
    builtins.mapAttrs (
      name: iso:
      windowsIso {
        name = "${name}.iso";
        inherit (iso) hash url;
      }
    ) table;

  # The other spins of the ISO with a hash: none of one that is not in the table.
  like =
    hash:
    let
      found = builtins.filter (name: table.${name}.hash == hash) names;
      isOther = one: name: name != one && kind name == kind one;
    in
    builtins.concatMap (
      one:
      map (name: {
        inherit name;
        inherit (table.${name}) hash;
      }) (builtins.filter (isOther one) names)
    ) found;
}
