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
  odd = lib.filter (it: !paths.isVerbatim (toString it.value)) all;
  account = machine.credentials.adminAccount;
  isOne = certificate: (certificate.file == null) != (certificate.secretFile == null);
  optionsOf = secrets: lib.concatStringsSep ", " (lib.unique (map (it: it.option) secrets));
  none =
    isOne: what:
    let
      wrong = lib.filter (it: isOne it.value) all;
    in
    {
      holds = wrong == [ ];
      at = optionsOf wrong;
      what = "${what}, which everybody on this host can read";
      hint =
        "name a file that the store does not hold, as a text, such as \"/run/secrets/${name}\" of"
        + " sops-nix or agenix";
    };
in
[
  (none paths.isStored "is a file of the store")
  (none isOfEtc "is made by `environment.etc` of a file of the store")
  {
    holds = odd == [ ];
    at = optionsOf odd;
    what = "no line of a unit holds the path as it is";
    hint = "write it without quotation marks, `\\`, control characters and blanks at its end";
  }
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
