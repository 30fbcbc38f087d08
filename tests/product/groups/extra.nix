# What no option has: every pass, groups, and lists of each kind.
{
  extraComponents = {
    windowsPE.Microsoft-Windows-Setup = {
      LogPath = "X:\\logs";
      UserData.FullName = "Ada";
    };
    offlineServicing.Microsoft-Windows-PnpCustomizationsNonWinPE.DriverPaths.PathAndCredentials = [
      { Path = "C:\\Drivers\\one"; }
      { Path = "C:\\Drivers\\two"; }
    ];
    generalize.Microsoft-Windows-Security-SPP.SkipRearm = 1;
    specialize = {
      Microsoft-Windows-Shell-Setup.OEMInformation.Manufacturer = "Engines & Co. <Ltd>";
      Microsoft-Windows-TCPIP.Interfaces.Interface = [
        {
          Identifier = "Ethernet";
          Ipv4Settings.Metric = 20;
        }
      ];
      # A list is counted from 1, an attribute set has its own keys.
      Networking-MPSSVC-Svc.FirewallGroups.FirewallGroup.FileSharing = {
        Active = true;
        Group = "@FirewallAPI.dll,-28502";
        Profile = "private";
      };
    };
    auditSystem.Microsoft-Windows-Shell-Setup.DisableAutoDaylightTimeSet = true;
    auditUser.Microsoft-Windows-Shell-Setup.Display.ColorDepth = 32;
    oobeSystem.Microsoft-Windows-Shell-Setup.OOBE.NetworkLocation = "Work";
  };
}
