{ windows }:
windows.makeBaseImage {
  name = "server-2016";
  windowsIso = windows.utils.windowsIso {
    name = "SW_DVD9_Win_Server_STD_CORE_2016_64Bit_English.iso";
    hash = "sha256-KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKA=";
  };
  # What Setup displays; the image is named otherwise.
  edition = "Windows Server 2016 Standard (Desktop Experience)";
  # As Windows has them; only a server can be told so.
  windows = {
    enhancedSecurity = true;
    serverManager = true;
  };
}
