# A Windows ISO as a value: named and hashed, never fetched. Microsoft allows nobody to pass its
# ISOs on and lets its links expire, so the one who builds puts the file into the store.
{ system, tools }:
{
  # The file's name in the store.
  name,
  # Its SRI hash, `sha256-…`, as `nix hash file FILE` prints it. One value has one hash: of a
  # re-spin there is another value.
  hash,
  # Where Microsoft has it, for the one who must fetch it.
  url ? null,
}:
let
  table = import ./known-isos.nix;

  checked =
    if builtins.isString hash && builtins.match "sha256-[A-Za-z0-9+/]{43}=" hash != null then
      hash
    else
      throw ''
        lucarne: utils.windowsIso: `hash` must be what `nix hash file FILE` prints, such as
        sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='';
in
derivation {
  name = import ./store-name.nix "utils.windowsIso" name;
  inherit system;
  # Runs only where the file is not in the store yet, and then only to say what to do.
  inherit (tools) builder;
  args = [ "require-file" ];
  __structuredAttrs = true;
  hash = checked;
  outputHashMode = "flat";
  outputHash = checked;
  # The file is here or nowhere.
  preferLocalBuild = true;
  # This forbids fetching the ISO from a cache, not pushing it to one: who pushes it passes it on.
  allowSubstitutes = false;
  # What the helper says beside: where the file is, and which others are public. A fixed output's
  # path does not hang on them.
  inherit url;
  known = table.like checked;
}
