# The secrets of a machine: what its document calls them, and where they lie. Names that people
# gave, such as an account's, may have characters that a credential's name may not.
machine:
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    filter
    genList
    elemAt
    listToAttrs
    length
    ;
  inherit (machine) credentials identity;

  plain = text: builtins.match "[a-zA-Z0-9_-]{1,64}" text != null;
  named =
    prefix: name:
    let
      hash = builtins.substring 0 16 (builtins.hashString "sha256" name);
    in
    "${prefix}-${if plain name then name else hash}";

  administrator = {
    password = credentials.adminPassword;
    inherit (credentials) authorizedKeys;
  };
  isSaid = account: account.password != null || account.authorizedKeys != [ ];
  others = credentials.accounts;
  own = if isSaid administrator then { ${credentials.adminAccount} = administrator; } else { };
  # Whoever is said at both places has what both say.
  accounts =
    others
    // builtins.mapAttrs (
      name: account:
      let
        other = others.${name};
      in
      if others ? ${name} then
        {
          password = if account.password == null then other.password else account.password;
          authorizedKeys =
            account.authorizedKeys
            ++ filter (key: !builtins.elem key account.authorizedKeys) other.authorizedKeys;
        }
      else
        account
    ) own;
  isTwice =
    credentials.adminPassword != null
    && (others.${credentials.adminAccount} or { password = null; }).password != null;

  certificates = genList (index: {
    certificate = elemAt identity.certificates index;
    credential = "certificate-${toString index}";
  }) (length identity.certificates);

  secret = option: name: value: {
    inherit option value;
    credential = {
      inherit name;
      value = toString value;
    };
  };

  all = concatLists [
    (concatMap (
      name:
      let
        option =
          if name == credentials.adminAccount && credentials.adminPassword != null then
            "credentials.adminPassword"
          else
            "credentials.accounts.${name}.password";
        inherit (accounts.${name}) password;
      in
      if password == null then [ ] else [ (secret option (named "password" name) password) ]
    ) (attrNames accounts))
    (
      if identity.domainJoin == null then
        [ ]
      else
        [ (secret "identity.domainJoin" "domain-join" identity.domainJoin) ]
    )
    (map (
      { certificate, credential }:
      secret "identity.certificates" credential certificate.secretFile
    ) (filter (it: it.certificate.secretFile != null) certificates))
  ];
in
{
  # { name = file; }, as systemd is told.
  files = listToAttrs (map (it: it.credential) all);

  # Each by its option, { option, value, … }.
  inherit all;

  # Whether the administrator has two passwords.
  inherit isTwice;

  # As the document has them.
  accounts = map (name: {
    inherit name;
    inherit (accounts.${name}) authorizedKeys;
    passwordCredential = if accounts.${name}.password == null then null else named "password" name;
  }) (attrNames accounts);

  domainJoin = if identity.domainJoin == null then null else { credential = "domain-join"; };

  certificates = map (
    { certificate, credential }:
    {
      inherit (certificate) store;
      file = if certificate.file == null then null else "${certificate.file}";
      credential = if certificate.secretFile == null then null else credential;
    }
  ) certificates;
}
