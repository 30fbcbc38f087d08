{ windows }:
windows.makeBaseImage {
  name = "catalogue-system";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  inherit (windows.utils) virtioWinIso;
  edition = "Windows 11 Pro";
  steps =
    let
      inherit (windows.custom)
        compile
        debloat
        desktop
        explorer
        network
        system
        ;
    in
    [
      (compile [
        (system.withKmsActivation {
          kmsServer = "kms.example.org:1689";
          productKey = "W269N-WFGWX-YVC9B-4J6C9-T83GX";
        })
        null
        "@echo a line of cmd's"
      ])
      system.withoutSleep
      (system.withTimeZone "Europe/Vienna")
      (system.withNtp [
        "ntp1.example.org"
        "ntp2.example.org"
      ])
      system.withoutAutomaticUpdates
      system.ephemeralTuning
      (system.withCertificates {
        certificates = [ ./root.cer ];
        store = "TrustedPublisher";
      })
      (system.withUpdates [
        ./update.msu
        ./update.cab
      ])
      (network.withStaticIp {
        ip = "192.0.2.4";
        mask = "255.255.255.0";
        gateway = "192.0.2.1";
        dns = [
          "192.0.2.53"
          "198.51.100.53"
        ];
      })
      (network.withSshServer {
        keys = [ "ssh-ed25519 AAAA ada@example" ];
        defaultShell = "C:/Windows/System32/WindowsPowerShell/v1.0/powershell.exe";
      })
      (network.withSmbServer { shares.Plain = "C:/Plain"; })
      network.withWinRm
      (network.withProxy {
        server = "proxy.example.org:3128";
        bypass = [ "*.example.org" ];
      })
      (debloat.withoutBloatApps { keep = [ "Microsoft.WindowsAlarms" ]; })
      (debloat.withoutTaskbarItems {
        widgets = false;
        chat = false;
        alignLeft = false;
      })
      (explorer.withCustomUserDirectories {
        documents = "D:/%USERNAME%/Documents";
        custom."{00BCFC5A-ED94-4e48-96A1-3F6217F21990}" = "D:/Ring";
      })
      desktop.withDarkMode
      (desktop.withWallpaper { source = ./picture.jpg; })
      (desktop.withFonts [
        {
          name = "Iosevka (TrueType)";
          file = "iosevka.ttf";
          source = ./iosevka.ttf;
        }
      ])
      (desktop.withStartMenu {
        pins = [
          { desktopAppLink = "%ALLUSERSPROFILE%\\Microsoft\\Windows\\Start Menu\\Programs\\Git\\Git Bash.lnk"; }
        ];
      })
    ];
}
