# The arguments of the earlier system's `makeBaseImage`, as ours. Its options that mean nothing for
# a build are taken and told; what nobody knows travels on, and Rust tells it with the nearest name
# that there is (src/spec/seed.rs has the names).
{ compile }:
let
  say = at: what: throw "lucarne: makeBaseImage: ${at}: ${what}";
  has = name: set: set ? ${name} && set.${name} != null;
  only = name: set: if has name set then { ${name} = set.${name}; } else { };
  without = builtins.removeAttrs;

  # Both, at every depth; where both say something, the second one counts.
  merge =
    one: other:
    let
      isSet = value: builtins.isAttrs value && !(value ? outPath);
      both =
        name: value:
        if one ? ${name} && isSet one.${name} && isSet value then merge one.${name} value else value;
    in
    one // builtins.mapAttrs both other;

  inherit (import ./quantities.nix say) number size;

  # { ada = "password"; } with a group for all of them.
  users =
    group: accounts:
    builtins.mapAttrs (_: password: {
      inherit password;
      groups = [ group ];
    }) accounts;

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
      administrators = (told.administrators or { }) // (told.administators or { });
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
      commands = phase: list: map (line: {
        inherit phase;
        cmd = {
          text = ''
            @setlocal EnableDelayedExpansion
            @cmd /d /v:off /s /c "!LUCARNE_ARG_1!"
          '';
          arguments = [ line ];
        };
      }) list;
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
              users =
                users "Users" (told.users or { })
                // users "Administrators" (without administrators [ "Administrator" ]);
            }
          else
            { }
        )
        // (if has "Administrator" administrators then { administrator.password = administrators.Administrator; } else { });
      before = commands "specialize" (told.afterInstallCommands or [ ]);
      session = commands "session" (told.beforeFirstLoginCommands or [ ]);
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
    phase: text:
    if builtins.isString text then
      [
        {
          inherit phase;
          cmd = {
            inherit text;
            arguments = [ "C" ];
          };
        }
      ]
    else
      compile text;

  # Files at the root of the letter that the scripts were told, for as long as they run.
  files =
    list:
    builtins.concatMap (file: [
      {
        phase = "specialize";
        file = {
          path = "C:\\${file.name}";
          source = file.path;
        };
      }
    ]) list;
  gone = map (file: { delete = "C:\\${file.name}"; });

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
  additional = builtins.filter needed (args.additionalFiles or [ ]);
  steps =
    files additional
    ++ params.before
    ++ script "specialize" (args.postInstallScript or [ ])
    ++ params.session
    ++ script "session" (args.preLoginScript or [ ])
    ++ gone additional;
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
