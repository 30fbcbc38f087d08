{ windows }:
windows.makeBaseImage {
  name = "windows-11-arm64";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_Arm64.iso";
    hash = "sha256-JJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJA=";
  };
  # An answer file is all that there is for it.
  edition = "Windows 11 Pro";
}
