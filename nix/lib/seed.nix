# The arguments of the earlier system's `makeBaseImage`, as ours. Its options that mean nothing for
# a build are taken and told; what nobody knows travels on, and Rust tells it with the nearest name
# that there is (src/spec/seed.rs has the names).
let
  compile =
    at:
    import ./custom/compile.nix {
      inherit at;
      ofText = text: { cmd.text = text; };
    };
  say = at: what: throw "lucarne: makeBaseImage: ${at}: ${what}";
  has = name: set: set ? ${name} && set.${name} != null;
  only = name: set: if has name set then { ${name} = set.${name}; } else { };
  without = builtins.removeAttrs;

  merge = import ./merge.nix;

  quantities = import ./quantities.nix;
  quantity =
    kind: at: value:
    if kind.is value then kind.of value else say at "${kind.what}\n  hint: ${kind.hint}";
  number = quantity quantities.number;
  size = quantity quantities.size;

  # { ada = "password"; } with a group for all of them.
  users =
    group: accounts:
    builtins.mapAttrs (_: password: {
      inherit password;
      groups = [ group ];
    }) accounts;

  # One set of two, neither of which takes a name from the other.
  apart =
    one: other: first: second:
    let
      twice = builtins.attrNames (builtins.intersectAttrs first second);
    in
    if twice == [ ] then
      first // second
    else
      say one "has `${builtins.head twice}`, as `${other}` has; leave it out of one of them";

  warn =
    names: at: set:
    builtins.foldl' (
      value: name:
      if has name set then
        builtins.warn "lucarne: makeBaseImage: ${at}${name} ${names.${name}}" value
      else
        value
    ) set (builtins.attrNames names);

  unused = "means nothing here; leave it out";
  ofMachine = "is of a machine that runs, not of its image";

  # mkAutoUnattend's.
  unattended =
    params:
    let
      at = "unattendedParams.";
      told = warn {
        administators = "is spelt `administrators`; it is taken";
        autoLogon = "is of the build alone; say \"autoLogon\" beside it for who is logged on in machines";
        driverPaths = "${unused}: \"driverFolders\" takes drivers along";
        installToDisk = unused;
        installToPartition = unused;
      } at params;
      said = name: default: if has name told then told.${name} else default;
      accounts =
        name:
        let
          value = said name { };
        in
        if builtins.isAttrs value then
          value
        else
          say "${at}${name}" "is no set of passwords by the names of accounts";
      administrators =
        apart "${at}administators" "administrators" (accounts "administrators")
          (accounts "administators");
      locale =
        (
          if has "locale" told then
            {
              ui = told.locale;
              system = told.locale;
              user = told.locale;
            }
          else
            { }
        )
        // (if has "keyboardLayout" told then { input = told.keyboardLayout; } else { });
      # Setup ran each of them by itself, as a prompt does: `%i` is a variable of `for`, and a batch
      # file would want `%%i`. So a shell of its own reads it, from the argument; `!` hands that on as
      # it is, whatever quotation marks and `&` are in it.
      commands = phase: name: builtins.genList (index: {
        name = "${at}${name}[${toString index}]";
        inherit phase;
        cmd = {
          text = ''
            @setlocal EnableDelayedExpansion
            @cmd /d /v:off /s /c "!LUCARNE_ARG_1!"
          '';
          arguments = [ (builtins.elemAt told.${name} index) ];
        };
      }) (builtins.length (said name [ ]));
      mapped = [
        "administators"
        "administrators"
        "afterInstallCommands"
        "autoLogon"
        "beforeFirstLoginCommands"
        "computerName"
        "driverPaths"
        "edition"
        "efi"
        "installToDisk"
        "installToPartition"
        "keyboardLayout"
        "locale"
        "productKey"
        "users"
      ];
    in
    {
      # What was said of Setup and not said was this edition.
      spec = {
        edition = told.edition or "Windows 11 Pro";
      }
        // only "productKey" told
        // only "computerName" told
        // (if has "efi" told && !told.efi then { firmware.type = "bios"; } else { })
        // (if locale == { } then { } else { inherit locale; })
        // (
          if has "users" told || administrators != { } then
            {
              users = apart "${at}users" "administrators" (users "Users" (accounts "users")) (
                users "Administrators" (without administrators [ "Administrator" ])
              );
            }
          else
            { }
        )
        // (if has "Administrator" administrators then { administrator.password = administrators.Administrator; } else { });
      before = commands "specialize" "afterInstallCommands";
      session = commands "session" "beforeFirstLoginCommands";
      # `partitions` and `beforeInstallCommands` have no counterpart, and are refused there.
      rest = without params (
        mapped
        ++ builtins.filter (name: params.${name} or null == null) (builtins.attrNames params)
        ++ (if params.arch or null == "amd64" then [ "arch" ] else [ ])
      );
    };

  # mkQemuFlags'.
  qemu =
    options:
    let
      told = warn {
        OVMF = unused;
        cpufeatures = unused;
        extraFlags = ofMachine;
        hvflags = unused;
        macAddress = ofMachine;
        network = unused;
        tap = ofMachine;
        vnc = ofMachine;
      } "qemuOptions." options;
    in
    {
      machine =
        (if has "cores" told then { cores = number "qemuOptions.cores" told.cores; } else { })
        // (if has "memory" told then { memoryMib = size "qemuOptions.memory" told.memory; } else { });
      spec =
        (if has "enableTpm" told then { tpm = told.enableTpm; } else { })
        // (if has "efi" told && !told.efi then { firmware.type = "bios"; } else { });
      rest = without options [
        "OVMF"
        "cores"
        "cpufeatures"
        "efi"
        "enableTpm"
        "extraFlags"
        "hvflags"
        "macAddress"
        "memory"
        "network"
        "tap"
        "vnc"
      ];
    };

  # A batch text, which got the letter that its files were on as its parameter; or steps.
  script =
    phase: name: text:
    if builtins.isString text then
      [
        {
          inherit name phase;
          cmd = {
            inherit text;
            arguments = [ "C" ];
          };
        }
      ]
    else
      compile "makeBaseImage: ${name}" text;

  ours = [
    "additionalFiles"
    "bridgeName"
    "diskImageSize"
    "postInstallScript"
    "preLoginScript"
    "qemuOptions"
    "tapName"
    "unattendedParams"
  ];
in
args:
let
  told = warn {
    bridgeName = ofMachine;
    tapName = ofMachine;
  } "" args;
  params = unattended (args.unattendedParams or { });
  options = qemu (args.qemuOptions or { });
  isSteps = value: !(builtins.isString value);
  scripts = [
    (args.preLoginScript or null)
    (args.postInstallScript or null)
  ];
  # What a step brings itself is not copied once more, unless a text may ask for it.
  needed = file: !(file.carried or false && builtins.all isSteps scripts);
  # At the root of the letter that the scripts are told.
  additional = import ./files.nix {
    function = "makeBaseImage";
    at = "additionalFiles";
    phase = "specialize";
    inherit needed;
  } (args.additionalFiles or [ ]);
  steps =
    additional.before
    ++ params.before
    ++ script "specialize" "postInstallScript" (args.postInstallScript or [ ])
    ++ params.session
    ++ script "session" "preLoginScript" (args.preLoginScript or [ ])
    ++ additional.after;
  disk =
    if has "diskImageSize" args then { sizeMib = size "diskImageSize" args.diskImageSize; } else { };
  some = name: value: if value == { } then { } else { ${name} = value; };
in
if builtins.any (name: has name args) ours then
  merge (
    params.spec // options.spec // some "disk" disk // some "machine" options.machine
  ) (without told ours)
  // some "unattendedParams" params.rest
  // some "qemuOptions" options.rest
  // (if steps == [ ] then { } else { steps = steps ++ (args.steps or [ ]); })
else
  args
