{ windows }:
windows.makeBaseImage {
  name = "server-2019";
  windowsIso = windows.utils.windowsIso {
    name = "SW_DVD9_Win_Server_STD_CORE_2019_64Bit_English.iso";
    hash = "sha256-MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMA=";
  };
  edition = "Windows Server 2019 SERVERDATACENTERCORE";
  # Without a desktop.
  machine.memoryMib = 1024;
}
