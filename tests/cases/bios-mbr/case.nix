{ windows }:
windows.makeBaseImage {
  name = "win10-bios";
  windowsIso = windows.utils.windowsIso {
    name = "Win10_22H2_English_x64.iso";
    hash = "sha256-CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA=";
  };
  # SATA needs no driver.
  virtioWinIso = null;
  edition = 6;
  disk.bus = "sata";
  disk.sizeMib = 40960;
  firmware.type = "bios";
  tpm = false;
}
