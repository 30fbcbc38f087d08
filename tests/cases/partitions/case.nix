{ windows }:
windows.makeBaseImage {
  name = "partitions";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  virtioWinIso = null;
  edition = "Windows 11 Pro";
  # The IANA name of a zone is as good as Windows'.
  timeZone = "Europe/Vienna";
  disk = {
    bus = "nvme";
    sizeMib = 122880;
    partitions = [
      {
        type = "efi";
        sizeMib = 512;
        label = "ESP";
      }
      {
        type = "msr";
        sizeMib = 16;
      }
      {
        type = "windows";
        sizeMib = 65536;
        label = "Winzig & Söhne";
      }
      {
        type = "recovery";
        sizeMib = 1024;
      }
      {
        type = "data";
        sizeMib = 1024;
        format = "fat32";
        label = "EXCHANGE";
        letter = "E";
      }
      {
        type = "data";
        letter = "P";
        label = "Projects";
      }
    ];
  };
}
