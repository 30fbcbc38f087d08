# A poor machine, the drivers of its devices, and Windows 11's checks of it passed over: with these
# alone it installs with a BIOS.
{
  disk.bus = "virtio-blk";
  drivers = [
    "Balloon"
    "qemupciserial"
  ];
  driverFolders = [ ../../cases/full/driver ];
  tpm = false;
  firmware.secureBoot = false;
  machine = {
    cores = 1;
    memoryMib = 2048;
    cpu = "Skylake-Client";
  };
  bypassChecks = [
    "tpm"
    "secureBoot"
    "ram"
    "cpu"
    "storage"
  ];
}
