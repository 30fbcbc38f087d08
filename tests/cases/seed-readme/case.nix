# The example of the earlier system's README, as it is written there, with other names.
{ windows }:
windows.makeBaseImage {
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  additionalFiles = [
    # optional, for ssh server
    windows.utils.openSshServerPackage
  ];
  unattendedParams = {
    users = { };
    administators = {
      "ada" = "Zq9-ada";
    };
    edition = "Windows 11 Pro";
  };
  preLoginScript =
    with windows.custom;
    compile [
      (system.withHostname "TEST")
      (network.withSshServer {
        keys = [
          ./ada.pub
        ];
      })
    ];
}
