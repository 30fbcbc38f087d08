{ windows }:
windows.makeBaseImage {
  name = "full";
  windowsIso = windows.utils.windowsIso {
    name = "Win11_24H2_German_x64.iso";
    hash = "sha256-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";
  };
  inherit (windows.utils) virtioWinIso;
  edition = "Windows 11 Pro";
  productKey = "VK7JG-NPHTM-C97JM-9MPGT-3V66T";
  computerName = "FULL";
  timeZone = "W. Europe Standard Time";
  owner = {
    name = "Ada";
    organization = "Analytical Engines & Co. <Ltd>";
  };
  locale = {
    ui = "de-DE";
    system = "de-DE";
    user = "de-AT";
    input = "0407:00000407;0409:00000409";
  };
  users.ada = {
    password = "correct horse";
    displayName = "Ada Lovelace";
    description = "Writes programs";
    groups = [
      "Administrators"
      "Remote Desktop Users"
    ];
  };
  # Not said is not in the spec, at any depth.
  users.charles = {
    password = null;
    groups = [ "Users" ];
  };
  administrator.password = "battery staple";
  disk = {
    sizeMib = 102400;
    bus = "virtio-blk";
    recoveryMib = 1024;
  };
  firmware = {
    type = "uefi";
    secureBoot = true;
  };
  tpm = true;
  bypassChecks = [
    "cpu"
    "ram"
  ];
  machine = {
    cores = 6;
    memoryMib = 8192;
    cpu = "Skylake-Client";
  };
  drivers = [
    "Balloon"
    "qemupciserial"
  ];
  driverFolders = [ ./driver ];
  defaults = {
    preventDeviceEncryption = true;
    realTimeIsUniversal = true;
    noHibernation = true;
    onlineAllDisks = true;
    passwordsNeverExpire = true;
    displayAlwaysOn = false;
    shutdownWithoutLogon = true;
    guestAgent = true;
  };
  install = {
    accel = "auto";
    stallSec = 900;
    clock = "2026-11-20T12:00:00Z";
    spareSpaceMib = 2048;
    deadlines = {
      firmwareSec = 60;
      windowsPESec = 3600;
      specializeSec = 3600;
      stepsSec = 7200;
      shutdownSec = 300;
      settleSec = 900;
      totalSec = 21600;
    };
  };
  seal.compression = "none";
}
