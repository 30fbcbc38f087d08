# What may be wrong with the secrets of a machine: they are files that somebody else could read, or
# are said twice.
{ config, lib }:
let
  paths = import ../lib/paths.nix;

  # Whether NixOS makes it a link into the store, or a copy of what lies there.
  isOfEtc =
    path:
    let
      isMade = file: paths.isIn "/etc/${file.target}" (toString path) && paths.isStored file.source;
    in
    lib.any isMade etc;
  etc = lib.filter (file: file.enable) (lib.attrValues config.environment.etc);
in
name: machine:
let
  inherit (import ./secrets.nix machine) all isTwice;
  inherit (import ../lib/machine/secret-place.nix name) odd stored;
  account = machine.credentials.adminAccount;
  isOne = certificate: (certificate.file == null) != (certificate.secretFile == null);
  optionsOf = secrets: lib.concatStringsSep ", " (lib.unique (map (it: it.option) secrets));
  none =
    {
      is,
      what,
      hint,
    }:
    let
      wrong = lib.filter (it: is it.value) all;
    in
    {
      holds = wrong == [ ];
      at = optionsOf wrong;
      inherit what hint;
    };
in
[
  (none stored)
  (none {
    is = isOfEtc;
    what = "is made by `environment.etc` of a file of the store, which everybody on this host can read";
    inherit (stored) hint;
  })
  (none odd)
  {
    holds = !isTwice;
    at = "credentials.adminPassword";
    what = "`credentials.accounts.${account}.password` is the same account's";
    hint = "leave one of them out, or name another account in `credentials.adminAccount`";
  }
  {
    holds = lib.all isOne machine.identity.certificates;
    at = "identity.certificates";
    what = "one of them has neither or both of `file` and `secretFile`";
    hint = "say where it is, once: in `file` where everybody may read it";
  }
]
