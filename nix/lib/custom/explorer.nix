# Explorer. Settings of an account go to every account's hive.
step:
let
  inherit (step) everyUser windowsPath;
  explorer = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer";
  advanced = name: everyUser name "${explorer}\\Advanced";

  # The folders of "This PC" by their GUIDs, twice where older Windows has another one.
  thisPc = [
    "{088e3905-0323-4b02-9826-5d99428e115f}"
    "{1CF1260C-4DD0-4ebb-811F-33C572699FDE}"
    "{24ad3ad4-a569-4530-98e1-ab02f9417aa8}"
    "{374DE290-123F-4565-9164-39C4925E467B}"
    "{3ADD1653-EB32-4cb0-BBD7-DFA0ABB5ACCA}"
    "{3dfdf296-dbec-4fb4-81d1-6a3438bcf4de}"
    "{A0953C92-50DC-43bf-BE83-3742FED03C9C}"
    "{A8CDFF1C-4878-43be-B5FD-F8091C1C60D0}"
    "{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}"
    "{d3162b92-9365-467a-956b-92703aca08af}"
    "{f86fa3ab-70d2-4fc7-9c99-fcbf05467f3a}"
  ];
in
{
  withFileExtensions = advanced "Show file extensions" { HideFileExt = 0; };
  withHiddenFiles = advanced "Show hidden files" { Hidden = 1; };
  withCompactExplorerView = advanced "Show lists without gaps" { UseCompactMode = 1; };

  # An account's `Software\Classes` is a hive of its own, which only comes to be at its first logon:
  # Active Setup runs a command for each account then, once.
  withOldExplorerMenu =
    step.registry "Show Windows 10's menus"
      "HKLM\\SOFTWARE\\Microsoft\\Active Setup\\Installed Components\\Lucarne.OldExplorerMenu"
      {
        "" = "Windows 10's menus in Explorer";
        Version = "1";
        StubPath = "reg.exe add \"HKCU\\Software\\Classes\\CLSID\\{86ca1aa0-34aa-4e8b-a509-50c905bae2a2}\\InprocServer32\" /ve /f";
      };

  withoutFoldersInThisPc =
    builtins.concatMap
      (
        view:
        map (guid: {
          name = "Take a folder out of This PC";
          registry = {
            key = "HKLM\\SOFTWARE\\${view}Microsoft\\Windows\\CurrentVersion\\Explorer\\MyComputer\\NameSpace\\${guid}";
            delete = true;
          };
        }) thisPc
      )
      [
        ""
        "WOW6432Node\\"
      ];

  # { downloads, desktop, documents, pictures, music, videos ? null, custom ? { } }: where each
  # account's folders are, such as "D:/Documents". They are made when a machine starts.
  withCustomUserDirectories =
    {
      downloads ? null,
      desktop ? null,
      documents ? null,
      pictures ? null,
      music ? null,
      videos ? null,
      custom ? { },
    }:
    let
      dropNulls = import ../drop-nulls.nix;
      # What is not said of a folder by its word takes nothing from what `custom` says of it.
      said = dropNulls custom // dropNulls {
        "{374DE290-123F-4565-9164-39C4925E467B}" = downloads;
        Desktop = desktop;
        Personal = documents;
        "My Pictures" = pictures;
        "My Music" = music;
        "My Video" = videos;
      };
      names = builtins.attrNames said;
      paths = map (name: windowsPath said.${name}) names;
      # One with a variable is another one for each account, whose shell makes it.
      plain = builtins.filter (path: builtins.match ".*%.*" path == null) paths;
    in
    [
      (step.maybe (names != [ ]) (
        everyUser "Move the folders of accounts" "${explorer}\\User Shell Folders" (
          builtins.listToAttrs (
            map (name: {
              inherit name;
              value.expandString = windowsPath said.${name};
            }) names
          )
        )
      ))
      (map (path: {
        phase = "boot";
        directory = { inherit path; };
      }) plain)
    ];
}
