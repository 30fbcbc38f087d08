{ windows }:
windows.makeBaseImage {
  name = "generalize-server";
  windowsIso = windows.utils.windowsIso {
    name = "SERVER_EVAL_x64FRE_en-us.iso";
    hash = "sha256-DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA=";
  };
  virtioWinIso = null;
  edition = 2;
  disk.bus = "nvme";
  generalize = true;
  # Sysprep takes it away, and OOBE of a server asks for it.
  administrator.password = "Passw0rd!";
  remoteDesktop.enable = true;
}
