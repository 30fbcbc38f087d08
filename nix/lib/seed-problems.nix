# What is wrong with the arguments of `makeSystemdService`: all of it, each at its name.
# args -> [ { at, what, hint } … ]. What evaluation cannot know is told when the machine is built.
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    elem
    elemAt
    genList
    intersectAttrs
    isAttrs
    isList
    isPath
    isString
    length
    mapAttrs
    match
    ;
  imagePlace = import ./image-place.nix { isBuilt = false; };
  isInterface = import ./machine/is-interface.nix;
  isName = import ./machine/is-name.nix;
  diskOf = import ./seed-disk.nix;
  diskPlace = import ./machine/disk-place.nix;
  paths = import ./paths.nix;
  quantities = import ./quantities.nix;
  restarts = import ./machine/restarts.nix;
  secretPlace = import ./machine/secret-place.nix;
  unknown = import ./unknown.nix;

  # A rule: at -> value -> what is wrong with it there.
  rule =
    {
      is,
      what,
      hint,
      ...
    }:
    at: value: if is value then [ ] else [ { inherit at what hint; } ];
  anything = _: _: [ ];
  orNull = rule: at: value: if value == null then [ ] else rule at value;

  text = rule {
    is = isString;
    what = "is no text";
    hint = "write it in quotation marks";
  };
  interface = rule {
    is = value: isString value && isInterface value;
    what = "can be no interface's name";
    hint = "1 to 15 letters, digits and `-._` make one, in quotation marks";
  };
  size = rule quantities.size;
  number = rule quantities.number;
  isPlace = value: isString value || isPath value || isAttrs value && value ? outPath;

  image =
    at: value:
    let
      inherit (imagePlace value) problem;
    in
    if problem == null then [ ] else [ (problem // { inherit at; }) ];

  # A set of which each name has a rule.
  set =
    rules: at: value:
    if !isAttrs value then
      [
        {
          inherit at;
          what = "is no set";
          hint = "it has ${builtins.concatStringsSep ", " (attrNames rules)}";
        }
      ]
    else
      map (it: it // { inherit at; }) (unknown (attrNames rules) value) ++ all rules at value;
  all =
    rules: at: value:
    concatMap (name: rules.${name} (if at == "" then name else "${at}.${name}") value.${name}) (
      attrNames (intersectAttrs rules value)
    );

  list =
    what: rule: at: value:
    if isList value then
      concatLists (
        genList (index: rule "${at}[${toString index}]" (elemAt value index)) (length value)
      )
    else
      [
        {
          inherit at what;
          hint = "write it as `[ … ]`";
        }
      ];

  # A shell split these, which none does here.
  flag =
    at: value:
    if !isString value then
      text at value
    else if match ".*[\"'$`\\\\].*" value == null then
      [ ]
    else
      [
        {
          inherit at;
          what = "no shell reads `${value}`";
          hint = "say `machine.extraQemuArgs`, a word each";
        }
      ];

  display = rule {
    is = value: isString value && match "[^:]*:[0-9]{1,4}" value != null;
    what = "is no display such as \":0\" or \"127.0.0.1:0\"";
    hint = "leave it out for a socket, or say `null` for none";
  };

  # systemd's name of it, and the file that it reads.
  credential =
    name: at: value:
    (
      if match "[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,254}" name != null then
        [ ]
      else
        [
          {
            inherit at;
            what = "`${name}` can be no credential's name";
            hint = "letters, digits and `-._` make one";
          }
        ]
    )
    ++ (
      if !isPlace value then
        text at value
      else
        let
          inherit (secretPlace name) relative odd stored;
          wrong = builtins.filter (it: it.is value) [
            relative
            odd
            stored
          ];
        in
        if wrong == [ ] then
          [ ]
        else
          [
            {
              inherit at;
              inherit (builtins.head wrong) what hint;
            }
          ]
    );
  credentials =
    at: value:
    if isAttrs value then
      all (mapAttrs (name: _: credential name) value) at value
    else
      [
        {
          inherit at;
          what = "is no set of files by the names of credentials";
          hint = "such as `{ password = \"/run/secrets/office\"; }`";
        }
      ];

  name = rule {
    is = isName;
    what = "is no name of a machine";
    hint = "1 to 40 of `a` to `z`, `0` to `9` and `-` make one, and no `-` begins it";
  };
  # All else of it is told when the machine is built, which has this name itself.
  machine =
    at: value:
    if isAttrs value then
      all { inherit image name; } at value
    else
      [
        {
          inherit at;
          what = "is no set";
          hint = "it has what `lucarne.machine/1` has (`lucarne schema machine`)";
        }
      ];

  place = {
    is = value: (isString value || isPath value) && paths.isAbsolute (toString value);
    what = "is no absolute path";
    hint = "name a folder from the root on, such as \"/srv/lucarne\"";
  };
  # Where the disk would lie. What `machine` says counts, of its name too.
  ofDisk =
    {
      name ? "windows",
      machine ? { },
      userImagePath ? null,
      ...
    }:
    let
      called = machine.name or name;
      own = machine.dataDisk or { };
      disk =
        if own ? path then
          {
            at = "machine.dataDisk.path";
            inherit (own) path;
          }
        else
          {
            at = "userImagePath";
            path =
              if isAttrs own && place.is userImagePath then
                diskOf {
                  name = called;
                  path = userImagePath;
                }
              else
                null;
          };
      # Of another type it is told when the machine is built.
      wrong =
        if isName called && isString disk.path then
          diskPlace {
            name = called;
            inherit (disk) path;
          }
        else
          null;
    in
    if wrong == null then [ ] else [ (wrong // { inherit (disk) at; }) ];
  ofTap =
    {
      tapName ? null,
      bridgeName ? "br0",
      ...
    }:
    if isString tapName && tapName == bridgeName then
      [
        {
          at = "tapName";
          what = "`${tapName}` is the bridge";
          hint = "leave it out for one by the machine's name, which is put on the bridge";
        }
      ]
    else
      [ ];

  arguments = set {
    bridgeName = interface;
    inherit credentials;
    group = orNull (rule (import ./machine/group-name.nix));
    inherit machine name;
    qemuOptions = set {
      OVMF = anything;
      cores = number;
      cpufeatures = anything;
      efi = anything;
      enableTpm = anything;
      extraFlags = list "is no list of texts" flag;
      hvflags = anything;
      macAddress = orNull text;
      memory = size;
      network = anything;
      tap = anything;
      vnc = orNull display;
    };
    restart = rule {
      is = value: elem value restarts;
      what = "is no way to restart";
      hint = "there are ${builtins.concatStringsSep ", " restarts}";
    };
    systemImage = image;
    tapName = interface;
    tempDir = anything;
    userImagePath = orNull (rule place);
    userImageSize = size;
  };
in
args:
arguments "" args
++ (
  if !isAttrs args then
    [ ]
  else
    ofDisk args
    ++ ofTap args
    ++ (
      if args ? systemImage then
        [ ]
      else
        [
          {
            at = "systemImage";
            what = "is missing";
            hint = "name the image that the machine runs";
          }
        ]
    )
)
