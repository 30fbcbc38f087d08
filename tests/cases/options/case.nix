{ windows }:
windows.makeBaseImage {
  name = "options";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  virtioWinIso = null;
  edition = "Windows 11 Pro";
  computerName = "LAB-7";
  disk.bus = "nvme";
  network = {
    workgroup = "LABORATORY";
    dnsSuffixes = [
      "lab.example.org"
      "example.org"
    ];
    interfaces = {
      Ethernet = {
        addresses = [
          "192.0.2.10/24"
          "2001:db8::10/64"
        ];
        gateways = [
          "192.0.2.1"
          "fe80::1"
        ];
        dnsServers = [
          "192.0.2.53"
          "2001:db8::53"
        ];
        dnsSuffix = "lab.example.org";
      };
      # An interface has a MAC address when nobody knows its name.
      "52:54:00:ab:cd:ef".dnsServers = [ "198.51.100.53" ];
    };
  };
  remoteDesktop = {
    enable = true;
    networkLevelAuthentication = true;
  };
  remoteManagement = true;
  display = {
    width = 1920;
    height = 1080;
  };
  windows = {
    autoActivation = false;
    customerExperience = false;
    errorReporting = false;
    systemRestore = false;
    uac = true;
  };
}
