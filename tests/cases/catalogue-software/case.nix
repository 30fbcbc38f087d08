{ windows }:
windows.makeBaseImage {
  name = "catalogue-software";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  inherit (windows.utils) virtioWinIso;
  edition = "Windows 11 Pro";
  defaults.guestAgent = false;
  steps =
    let
      inherit (windows.custom) software;
    in
    [
      (software.edge.setUserDataDirectory "D:/Edge")
      (software._7zip.install { assoc = [ "7z" ]; })
      (software.python3.install { Include_test = 0; })
      (software.python3_11_5.install { TargetDir = "C:\\Python"; })
      software.vcredist.install
      software.nomachine.install
      software.git.install
      software.dotnet.install
      software.guestAgent.install
      software.virtioGuestTools.install
      (software.spiceAgent.install { source = ./spice-vdagent.msi; })
      software.winfsp.install
      (software.virtiofs.install { system = "w11"; })
    ];
}
