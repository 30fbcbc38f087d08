{ windows }:
windows.makeBaseImage {
  name = "windows-11-iot-ltsc-2024";
  windowsIso = windows.utils.windowsIso {
    name = "windows_11_iot_enterprise_ltsc_2024_x64.iso";
    hash = "sha256-IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIA=";
  };
  # Of Windows 11 this edition alone asks for none of these.
  tpm = false;
  firmware.secureBoot = false;
  machine.cores = 1;
  machine.memoryMib = 2048;
  disk.sizeMib = 32768;
}
