# `windows.custom` as a whole: that every function of it is in a case, and that no text of a user's
# lands in a script.
{ windows }:
let
  inherit (windows) custom;
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    filter
    isAttrs
    ;

  cases = ../cases;
  texts = concatStringsSep "\n" (
    map (name: builtins.readFile (cases + "/${name}/case.nix")) (
      filter (name: builtins.pathExists (cases + "/${name}/case.nix")) (attrNames (builtins.readDir cases))
    )
  );

  # What a case must name: each attribute of a group, and of each program its `install`.
  groups = [
    "debloat"
    "desktop"
    "explorer"
    "network"
    "system"
  ];
  names =
    concatMap (group: map (name: "${group}.${name}") (attrNames custom.${group})) groups
    ++ map (
      name: "software.${name}" + (if custom.software.${name} ? install then ".install" else "")
    ) (attrNames custom.software)
    ++ [ "compile" ];
  # `network.openSsh` is what `utils.openSshServerPackage` is.
  told = filter (name: name != "network.openSsh") names;
  isIn = name: builtins.length (builtins.split (builtins.replaceStrings [ "." ] [ "\\." ] name) texts) > 1;

  # Acts wherever it is pasted.
  hostile = "'; Remove-Item C:\\ -Recurse; \" & calc.exe | $(x) `%PATH%` \${y}\n";

  # Everything that takes a text, with that one.
  steps = custom.compile [
    (custom.system.withHostname hostile)
    (custom.system.withKmsActivation {
      kmsServer = hostile;
      productKey = hostile;
    })
    (custom.system.withTimeZone hostile)
    (custom.system.withNtp [ hostile ])
    (custom.system.withCertificates {
      certificates = [ hostile ];
      store = hostile;
    })
    (custom.system.withUpdates [ hostile ])
    (custom.network.withSshServer {
      keys = [ hostile ];
      source = hostile;
      defaultShell = hostile;
    })
    (custom.network.withSmbServer {
      shares.${hostile} = {
        path = hostile;
        grants.${hostile} = hostile;
      };
    })
    (custom.network.withProxy {
      server = hostile;
      bypass = [ hostile ];
    })
    (custom.explorer.withCustomUserDirectories {
      desktop = hostile;
      custom.${hostile} = hostile;
    })
    (custom.desktop.withWallpaper {
      source = hostile;
      file = hostile;
    })
    (custom.desktop.withFonts [
      {
        name = hostile;
        file = hostile;
        source = hostile;
      }
    ])
    (custom.desktop.withStartMenu { pins = [ { desktopAppLink = hostile; } ]; })
    (custom.software.edge.setUserDataDirectory hostile)
    (custom.software._7zip.install { assoc = [ hostile ]; })
    (custom.software.python3.install { ${hostile} = hostile; })
    (custom.software.spiceAgent.install { source = hostile; })
    (custom.software.virtiofs.install { system = hostile; })
    # These take none, and have scripts.
    (custom.network.withStaticIp {
      ip = "192.0.2.1";
      mask = "255.255.255.0";
      gateway = "192.0.2.2";
      dns = "192.0.2.3";
    })
    custom.debloat.withoutOnedrive
  ];

  # A script is a file of the catalogue's, and takes what it is told as parameters.
  scriptOf = step: step.powerShell or step.cmd or null;
  isFile = script: !(script ? text) && builtins.isPath script.source && dirOf script.source == ../../nix/lib/custom;
  scripts = filter (script: script != null) (map scriptOf steps);
in
{
  functions-in-no-case = {
    got = filter (name: !isIn name) told;
    want = [ ];
  };
  every-script-is-a-file-of-ours = {
    got = {
      count = builtins.length scripts;
      others = filter (script: !isFile script) scripts;
      steps = builtins.all isAttrs steps;
    };
    want = {
      count = 2;
      others = [ ];
      steps = true;
    };
  };
  # What no word says of takes nothing away.
  folders-of-accounts-by-their-values = {
    got =
      let
        steps = custom.explorer.withCustomUserDirectories {
          music = "D:/Music";
          custom = {
            Desktop = "D:/Desk";
            Favorites = null;
            "My Music" = "D:/Other";
          };
        };
      in
      (builtins.head steps).registry.values;
    want = {
      Desktop.expandString = "D:\\Desk";
      "My Music".expandString = "D:\\Music";
    };
  };
  switches-of-an-installer = {
    got =
      (builtins.head (custom.software.python3.install { PrependPath = false; })).program.arguments;
    want = [
      "/quiet"
      "InstallAllUsers=1"
      "PrependPath=0"
    ];
  };
  endings-have-a-dot-or-not = {
    got = custom.software._7zip.install { assoc = [ ".zip" ]; };
    want = custom.software._7zip.install { assoc = [ "zip" ]; };
  };
  ports-of-kms-hosts = {
    got = map (kmsServer: (builtins.elemAt (custom.system.withKmsActivation { inherit kmsServer; }) 1).registry.values) [
      "kms.example.org:1689"
      "[2001:db8::1]:1689"
      "[2001:db8::1]"
    ];
    want = [
      {
        KeyManagementServiceName = "kms.example.org";
        KeyManagementServicePort = "1689";
      }
      {
        KeyManagementServiceName = "[2001:db8::1]";
        KeyManagementServicePort = "1689";
      }
      { KeyManagementServiceName = "[2001:db8::1]"; }
    ];
  };
  # What is there of another version is not what the step installs.
  checks-ask-for-the-version = {
    got = map (step: builtins.tail step.check.powerShell.arguments) (
      custom.software.vcredist.install ++ custom.software.dotnet.install
    );
    want = [
      [ "14.38.33135" ]
      [ "14.38.33135" ]
      [ "10.0.10" ]
    ];
  };
  # What it fetches is a fixed output of Nix's own builder.
  packages-are-fixed-outputs = {
    got = map (
      name:
      let
        inherit (custom.software.${name}.package) path;
      in
      {
        inherit (path.drvAttrs) builder outputHashMode;
        fixed = path.drvAttrs ? outputHash && path.outPath != "";
      }
    ) (filter (name: custom.software.${name} ? package) (attrNames custom.software));
    want = map (_: {
      builder = "builtin:fetchurl";
      outputHashMode = "flat";
      fixed = true;
    }) (filter (name: custom.software.${name} ? package) (attrNames custom.software));
  };
}
