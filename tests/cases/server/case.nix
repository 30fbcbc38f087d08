{ windows }:
windows.makeBaseImage {
  name = "server-2025";
  windowsIso = windows.utils.windowsIso {
    name = "SERVER_EVAL_x64FRE_en-us.iso";
    hash = "sha256-DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDA=";
  };
  # The evaluation, without a desktop.
  edition = "Windows Server 2025 Standard Evaluation";
  computerName = "SRV01";
  administrator = {
    enable = true;
    password = "Passw0rd!";
  };
  machine.memoryMib = 2048;
  install.accel = "tcg";
}
