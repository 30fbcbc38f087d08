# A whole machine of the earlier system's: the same functions with the same shapes of arguments as
# its author's own (teidesu/nixfiles, hosts/koi/vms/windows.nix), and its other arguments.
{ windows }:
windows.makeBaseImage {
  name = "kyoto";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  inherit (windows.utils) virtioWinIso;
  diskImageSize = "100G";
  tapName = "tap0";
  bridgeName = "br0";
  qemuOptions = {
    efi = true;
    cores = "6";
    memory = "8G";
    enableTpm = true;
    macAddress = "52:54:00:12:34:56";
    extraFlags = [ "-usbdevice tablet" ];
    vnc = ":1";
    network = true;
    cpufeatures = "+topoext";
    hvflags = "hv-relaxed";
    OVMF = null;
    tap = null;
  };
  unattendedParams = {
    users.guest2 = "Zq9-guest";
    administators = {
      ada = "Zq9-ada";
      Administrator = "Zq9-root";
    };
    efi = true;
    locale = "en-US";
    keyboardLayout = "0409:00000409";
    productKey = "VK7JG-NPHTM-C97JM-9MPGT-3V66T";
    computerName = null;
    installToDisk = 2;
    installToPartition = 3;
    autoLogon = "ada";
    driverPaths = [ "D:\\" ];
    afterInstallCommands = [ "cmd /c echo after" ];
    beforeFirstLoginCommands = [ "cmd /c echo before" ];
  };
  postInstallScript = ''
    @echo off
    type %1:\notes.txt
  '';
  additionalFiles =
    with windows.custom;
    [
      windows.utils.openSshServerPackage
      software._7zip.package
      software.python3_11_5.package
      software.vcredist.package
      software.nomachine.package
      {
        name = "notes.txt";
        path = ./ada.pub;
      }
    ];
  preLoginScript =
    with windows.custom;
    compile [
      (system.withHostname "KYOTO")
      (system.withKmsActivation {
        kmsServer = "kms.example.org";
      })
      (system.withLongPaths)

      (debloat.withoutOnedrive)
      (debloat.withoutBloatApps { })
      (debloat.withoutTelemetry)
      (debloat.withoutDefender)
      (debloat.withoutTaskbarItems { })

      (network.withStaticIp {
        ip = "192.0.2.4";
        mask = "255.255.0.0";
        gateway = "192.0.2.1";
        dns = "192.0.2.1";
      })
      (network.withRdpServer)
      (network.withSshServer {
        keys = [
          ./ada.pub
        ];
      })
      (network.withSmbServer {
        shares = {
          "Ephemeral" = {
            path = "C:/Shared";
            grants = {
              "Everyone" = "Full";
            };
          };
          "Persistent" = {
            path = "D:/Shared";
            grants = {
              "Everyone" = "Full";
            };
            onBoot = true;
          };
        };
      })

      (explorer.withFileExtensions)
      (explorer.withHiddenFiles)
      (explorer.withOldExplorerMenu)
      (explorer.withCompactExplorerView)
      (explorer.withoutFoldersInThisPc)
      (explorer.withCustomUserDirectories {
        desktop = "D:/Desktop";
        documents = "D:/Documents";
        downloads = "D:/Downloads";
        pictures = "D:/Pictures";
        music = "D:/Music";
        videos = "D:/Videos";
      })

      (software.edge.setUserDataDirectory ''D:/EdgeData/''${user_name}'')
      (software._7zip.install { })
      (software.python3_11_5.install { })
      (software.vcredist.install)
      (software.nomachine.install)
    ];
}
