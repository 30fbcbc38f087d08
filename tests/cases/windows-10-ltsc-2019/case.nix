{ windows }:
windows.makeBaseImage {
  name = "windows-10-ltsc-2019";
  windowsIso = windows.utils.windowsIso {
    name = "SW_DVD9_WIN_ENT_LTSC_2019_64BIT_English.iso";
    hash = "sha256-EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEA=";
  };
  # One image, so nothing has to be chosen. Before 1903 a disk of 20 GiB will do.
  disk.bus = "virtio-blk";
  disk.sizeMib = 20480;
}
