{ windows }:
windows.makeBaseImage {
  name = "oem-media";
  # Somebody's own: Setup may ask for a key, for neither the plan nor the media have one.
  windowsIso = windows.utils.windowsIso {
    name = "oem-broken.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  virtioWinIso = null;
  disk.bus = "nvme";
  # A name of Windows' own, in another language than this one's.
  users.Gast = { };
}
