{ windows }:
windows.makeBaseImage {
  name = "partitions-mbr";
  windowsIso = windows.utils.windowsIso {
    name = "Win10_22H2_English_x64.iso";
    hash = "sha256-CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA=";
  };
  virtioWinIso = null;
  edition = 6;
  firmware.type = "bios";
  disk = {
    bus = "sata";
    # Without a `system` partition the BIOS starts Windows' own.
    partitions = [
      {
        type = "windows";
        sizeMib = 40960;
      }
      { type = "data"; }
    ];
  };
}
