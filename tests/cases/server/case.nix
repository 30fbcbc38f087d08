{ windows }:
windows.makeBaseImage {
  name = "server-2025";
  windowsIso = windows.utils.windowsIso {
    name = "SERVER_EVAL_x64FRE_en-us.iso";
    hash = "sha256-DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA=";
  };
  edition = "Windows Server 2025 SERVERSTANDARDCORE";
  computerName = "SRV01";
  administrator.password = "Passw0rd!";
  machine.memoryMib = 2048;
  install.accel = "tcg";
}
