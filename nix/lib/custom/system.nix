# The system's name, licence, clock and habits.
step:
let
  inherit (step) registry;
  policies = "HKLM\\SOFTWARE\\Policies\\Microsoft";
  control = "HKLM\\SYSTEM\\CurrentControlSet";

  task = name: change: {
    name = "Disable the task ${name}";
    task = { inherit name change; };
  };

  withoutAutomaticUpdates = [
    (registry "Do not look for updates" "${policies}\\Windows\\WindowsUpdate\\AU" { NoAutoUpdate = 1; })
    # 2 is off: Microsoft's policy "Turn off Automatic Download and Install of updates".
    (registry "Do not update apps of the Store" "${policies}\\WindowsStore" { AutoDownload = 2; })
  ];
in
{
  # "NAME". `computerName` of the image does the same in Setup, without a restart.
  withHostname = name: { computerName = name; };

  # { kmsServer, productKey ? null }: "host" or "host:port". Windows activates when it runs and can
  # reach it: a build has no network. The values are those of Microsoft's page of KMS clients.
  withKmsActivation =
    {
      kmsServer,
      productKey ? null,
    }:
    let
      withPort = builtins.match "([^:]*|\\[.*]):([0-9]+)" kmsServer;
      bare = withPort == null && builtins.match "[^[].*:.*:.*" kmsServer != null;
      values =
        if bare then
          step.say "system.withKmsActivation" (
            "`kmsServer` has several colons\n"
            + "hint: an address of IPv6 is in brackets, such as [2001:db8::1] or [2001:db8::1]:1688"
          )
        else if withPort == null then
          { KeyManagementServiceName = kmsServer; }
        else
          {
            KeyManagementServiceName = builtins.elemAt withPort 0;
            KeyManagementServicePort = builtins.elemAt withPort 1;
          };
    in
    [
      (step.maybe (productKey != null) {
        name = "Set the product key";
        program = {
          path = "%SystemRoot%\\System32\\cscript.exe";
          arguments = [
            "//B"
            "//NoLogo"
            "C:\\Windows\\System32\\slmgr.vbs"
            "/ipk"
            productKey
          ];
        };
      })
      (registry "Name the KMS host"
        "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform"
        values
      )
    ];

  withLongPaths = registry "Allow long paths" "${control}\\Control\\FileSystem" {
    LongPathsEnabled = 1;
  };

  withoutSleep = {
    name = "Never sleep";
    power = {
      hibernation = false;
      timeOuts =
        map
          (of: {
            inherit of;
            minutes = 0;
          })
          [
            "monitor"
            "disk"
            "standby"
            "hibernate"
          ];
    };
  };

  # "Europe/Vienna". `timeZone` of the image does the same in Setup.
  withTimeZone = zone: { timeZone = zone; };

  # [ "ptbtime1.ptb.de" … ]: 0x8 asks as a client (page of `w32tm /config /manualpeerlist`).
  withNtp = servers: [
    (registry "Name the time servers" "${control}\\Services\\W32Time\\Parameters" {
      Type = "NTP";
      NtpServer = builtins.concatStringsSep " " (map (server: "${server},0x8") servers);
    })
    {
      name = "Keep the time";
      service = {
        name = "W32Time";
        start = "automatic";
      };
    }
  ];

  inherit withoutAutomaticUpdates;

  # For machines whose system disk is thrown away at each start: what Windows would do again each
  # time is off. A trade: such a machine is as new as its image.
  ephemeralTuning = [
    withoutAutomaticUpdates
    (registry "Do no maintenance" "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\Maintenance"
      { MaintenanceDisabled = 1; }
    )
    (registry "Fetch no signatures at the start" "${policies}\\Windows Defender\\Signature Updates" {
      DisableUpdateOnStartupWithoutEngine = 1;
      # 8 is never: policy "Specify the day of the week to check for security intelligence updates".
      ScheduleDay = 8;
    })
    (task "\\Microsoft\\Windows\\Defrag\\ScheduledDefrag" "disable")
    (task "\\Microsoft\\Windows\\DiskCleanup\\SilentCleanup" "disable")
    (map
      (name: {
        name = "Disable the service ${name}";
        service = {
          inherit name;
          start = "disabled";
        };
      })
      [
        # The index, and the cache of what is often started: both begin at nothing each time.
        "WSearch"
        "SysMain"
      ]
    )
  ];

  # { certificates = [ ./root.cer … ], store ? "Root" }.
  withCertificates =
    {
      certificates,
      store ? "Root",
    }:
    map (source: { certificate = { inherit source store; }; }) certificates;

  # [ ./windows11.0-kb5000000-x64.msu … ], in this order.
  withUpdates =
    let
      # dism takes no .msu online before 24H2, and wusa no .cab. 2359302 is WU_S_ALREADY_INSTALLED.
      update =
        source:
        let
          file = baseNameOf (toString source);
          isCab = builtins.match ".*\\.[cC][aA][bB]" file != null;
        in
        {
          name = "Install an update";
          timeoutSec = 3600;
          program =
            if isCab then
              {
                path = "dism.exe";
                arguments = [
                  "/online"
                  "/add-package"
                  {
                    prefix = "/packagepath:";
                    inherit source;
                  }
                  "/quiet"
                  "/norestart"
                ];
              }
            else
              {
                path = "wusa.exe";
                arguments = [
                  { inherit source; }
                  "/quiet"
                  "/norestart"
                ];
                exitCodes.success = [
                  0
                  2359302
                ];
              };
        };
    in
    map update;
}
