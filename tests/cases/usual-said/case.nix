{ windows }:
windows.makeBaseImage {
  name = "usual-said";
  windowsIso = windows.utils.windowsIso {
    name = "Win10_22H2_English_x64.iso";
    hash = "sha256-CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA=";
  };
  edition = "Windows 10 Pro";
  firmware.type = "bios";
  # What an image has anyway may be said, even where a switch then says what Windows does.
  disk = {
    bus = "virtio-scsi";
    partitions = [
      {
        type = "system";
        sizeMib = 100;
      }
      { type = "windows"; }
    ];
  };
  generalize = false;
  remoteDesktop.enable = false;
  remoteManagement = false;
  windows = {
    autoActivation = true;
    customerExperience = true;
    errorReporting = true;
    systemRestore = true;
  };
  defaults.displayAlwaysOn = true;
  install.accel = "kvm";
  seal.compression = "zstd";
}
