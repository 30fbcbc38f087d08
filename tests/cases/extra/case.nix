{ windows }:
windows.makeBaseImage {
  name = "extra";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  virtioWinIso = null;
  edition = "Windows 11 Pro";
  disk.bus = "nvme";
  # What no option has: checked against Microsoft's table, pass by pass.
  extraComponents = {
    windowsPE.Microsoft-Windows-Setup = {
      LogPath = "X:\\logs";
      UserData.FullName = "Ada";
      # Beside what options write in the same groups.
      ImageInstall.OSImage.Compact = true;
      DiskConfiguration.DisableEncryptedDiskProvisioning = true;
    };
    offlineServicing.Microsoft-Windows-PnpCustomizationsNonWinPE.DriverPaths.PathAndCredentials = [
      { Path = "C:\\Drivers\\one"; }
      { Path = "C:\\Drivers\\two"; }
    ];
    generalize = {
      Microsoft-Windows-PnpSysprep.PersistAllDeviceInstalls = true;
      Microsoft-Windows-Security-SPP.SkipRearm = 1;
    };
    specialize = {
      Microsoft-Windows-Shell-Setup.OEMInformation = {
        Manufacturer = "Engines & Co. <Ltd>";
        SupportURL = "https://example.org/?a=1&b=2";
      };
      Microsoft-Windows-TCPIP.Interfaces.Interface = [
        {
          Identifier = "Ethernet";
          Ipv4Settings = {
            DhcpEnabled = true;
            Metric = 20;
          };
          Routes.Route = [
            {
              Identifier = 1;
              NextHopAddress = "192.0.2.1";
              Prefix = "198.51.100.0/24";
            }
          ];
        }
      ];
      Microsoft-Windows-SNMP-Agent-Service.ValidCommunities.ValidCommunity = {
        monitoring = 4;
      };
      # A list is counted from 1, an attribute set has its own keys.
      Networking-MPSSVC-Svc.FirewallGroups.FirewallGroup.FileSharing = {
        Active = true;
        Group = "@FirewallAPI.dll,-28502";
        Profile = "private";
      };
    };
    auditUser.Microsoft-Windows-Shell-Setup.Display.ColorDepth = 32;
    oobeSystem.Microsoft-Windows-Shell-Setup = {
      OOBE.NetworkLocation = "Work";
      VisualEffects.FontSmoothing = "ClearType";
    };
  };
}
