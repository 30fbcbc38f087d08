# What many do without. Settings of an account go to every account's hive.
step:
let
  inherit (step) everyUser registry;
  policies = "HKLM\\SOFTWARE\\Policies\\Microsoft";
  apps = import ./apps.nix;
  current = "Software\\Microsoft\\Windows\\CurrentVersion";
  # OneDrive among the folders of Explorer.
  clsid = "CLSID\\{018D5C66-4533-4307-9B53-224DE2ED1FE6}";
in
{
  withoutOnedrive = [
    {
      name = "Uninstall OneDrive";
      powerShell.source = ./uninstall-onedrive.ps1;
    }
    {
      name = "Install OneDrive for no new account";
      registry = {
        key = "EveryUser\\${current}\\Run";
        deleteValues = [
          "OneDrive"
          "OneDriveSetup"
        ];
      };
    }
    (map
      (view: registry "Forbid OneDrive" "HKLM\\SOFTWARE\\${view}Policies\\Microsoft\\Windows\\OneDrive" {
        DisableFileSyncNGSC = 1;
      })
      [
        ""
        "WOW6432Node\\"
      ]
    )
    (map
      (view: registry "Take OneDrive out of Explorer" "HKLM\\SOFTWARE\\Classes\\${view}${clsid}" {
        "System.IsPinnedToNameSpaceTree" = 0;
      })
      [
        ""
        "WOW6432Node\\"
      ]
    )
    (map
      (path: { delete = path; })
      [
        "%ProgramData%\\Microsoft OneDrive"
        "%SystemDrive%\\OneDriveTemp"
        "%SystemDrive%\\Users\\Default\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\OneDrive.lnk"
      ]
    )
    {
      name = "Remove the tasks of OneDrive";
      task = {
        name = "\\OneDrive*";
        change = "delete";
      };
    }
  ];

  # { keep ? [ ] }: names of apps.nix that stay.
  withoutBloatApps =
    {
      keep ? [ ],
    }:
    let
      unknown = builtins.filter (name: !builtins.elem name apps) keep;
      remove =
        if unknown == [ ] then
          builtins.filter (name: !builtins.elem name keep) apps
        else
          step.say "debloat.withoutBloatApps" "`keep` names ${builtins.head unknown}, which is not removed";
    in
    [
      (step.maybe (remove != [ ]) {
        name = "Remove apps";
        appx = { inherit remove; };
      })
      (everyUser "Suggest no apps" "${current}\\ContentDeliveryManager" (
        step.all [
          "ContentDeliveryAllowed"
          "FeatureManagementEnabled"
          "OemPreInstalledAppsEnabled"
          "PreInstalledAppsEnabled"
          "PreInstalledAppsEverEnabled"
          "SilentInstalledAppsEnabled"
          "SubscribedContent-314559Enabled"
          "SubscribedContent-338387Enabled"
          "SubscribedContent-338388Enabled"
          "SubscribedContent-338389Enabled"
          "SubscribedContent-338393Enabled"
          "SubscribedContentEnabled"
          "SystemPaneSuggestionsEnabled"
        ] 0
      ))
      (registry "Do not update apps of the Store" "${policies}\\WindowsStore" { AutoDownload = 2; })
      (registry "Install no suggested apps" "${policies}\\Windows\\CloudContent" {
        DisableWindowsConsumerFeatures = 1;
      })
      (everyUser "Show no highlights in the search" "${current}\\SearchSettings" {
        IsDynamicSearchBoxEnabled = 0;
      })
    ];

  withoutTelemetry = [
    # 0 is "security" on Enterprise, Education and Server; others take it for 1.
    (registry "Send no diagnostic data" "${policies}\\Windows\\DataCollection" { AllowTelemetry = 0; })
    {
      name = "Disable the service of diagnostic data";
      service = {
        name = "DiagTrack";
        start = "disabled";
      };
    }
  ];

  # In the specialize pass: once Defender runs, its protection against tampering takes such values
  # back. Whether a release still heeds them is Microsoft's choice.
  withoutDefender = map (one: one // { phase = "specialize"; }) [
    (registry "Switch Defender off" "${policies}\\Windows Defender" {
      DisableAntiSpyware = 1;
      DisableRoutinelyTakingAction = 1;
    })
    (registry "Switch its protection off" "${policies}\\Windows Defender\\Real-Time Protection" {
      DisableRealtimeMonitoring = 1;
      DisableIOAVProtection = 1;
    })
    {
      name = "Show no icon of Defender";
      registry = {
        key = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
        deleteValues = [
          "SecurityHealth"
          "WindowsDefender"
        ];
      };
    }
    (registry "Switch SmartScreen off" "${policies}\\Windows\\System" { EnableSmartScreen = 0; })
    (registry "Switch Edge's filter off" "${policies}\\MicrosoftEdge\\PhishingFilter" { EnabledV9 = 0; })
  ];

  # { widgets, taskView, chat, search, alignLeft ? true }: what is true is done away with.
  withoutTaskbarItems =
    {
      widgets ? true,
      taskView ? true,
      chat ? true,
      search ? true,
      alignLeft ? true,
    }:
    let
      advanced = name: everyUser name "${current}\\Explorer\\Advanced";
    in
    [
      # The account's own value is guarded by a driver (UCPD) since 2024; the policy is not.
      (step.maybe widgets (
        registry "Show no widgets" "${policies}\\Dsh" { AllowNewsAndInterests = 0; }
      ))
      (step.maybe widgets (
        registry "Show new accounts no widgets" "DefaultUser\\${current}\\Explorer\\Advanced" { TaskbarDa = 0; }
      ))
      (step.maybe taskView (advanced "Show no button of the task view" { ShowTaskViewButton = 0; }))
      (step.maybe chat (advanced "Show no chat" { TaskbarMn = 0; }))
      (step.maybe search (
        everyUser "Show no search in the taskbar" "${current}\\Search" { SearchboxTaskbarMode = 0; }
      ))
      (step.maybe alignLeft (advanced "Begin the taskbar at the left" { TaskbarAl = 0; }))
    ];
}
