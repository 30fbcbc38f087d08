{ windows }:
windows.makeBaseImage {
  name = "windows-11-ltsc-2024-eval";
  windowsIso = windows.utils.windowsIso {
    name = "CLIENT_LTSC_EVAL_x64FRE_en-us.iso";
    hash = "sha256-HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHA=";
  };
  # NVMe needs no driver; those of disks are there all the same, so that it can change its bus.
  disk.bus = "nvme";
}
