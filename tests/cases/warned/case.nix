{ windows }:
windows.makeBaseImage {
  name = "warned";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_English_x64.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  # Any value that names a file of the store will do, and an old one is worth a word.
  virtioWinIso = windows.utils.windowsIso {
    name = "virtio-win-0.1.240.iso";
    hash = "sha256-OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOA=";
  };
  edition = "Windows 11 Pro";
  # All of this may be right, and Windows or the next program may find that it is not.
  computerName = "Server";
  locale = {
    system = "de";
    user = "en-DE";
    input = "0409:000a0409;de-DE";
  };
  users = {
    # A German Windows calls its own guest so.
    Gast = { };
    ada.groups = [
      "Remote Desktop User"
      "docker-users"
    ];
  };
  disk.sizeMib = 40960;
}
