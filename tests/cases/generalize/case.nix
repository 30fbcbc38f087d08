{ windows }:
windows.makeBaseImage {
  name = "generalize";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  virtioWinIso = null;
  edition = "Windows 11 Pro";
  disk.bus = "nvme";
  # Each copy begins with OOBE, and ada is in it.
  generalize = true;
  timeZone = "Europe/Vienna";
  locale.user = "de-AT";
  users.ada.password = "correct horse";
  display = {
    width = 1280;
    height = 800;
  };
  # Of no other start than sysprep's.
  extraComponents.generalize."Microsoft-Windows-PnpSysprep".PersistAllDeviceInstalls = true;
}
