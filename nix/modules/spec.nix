# The options of a machine -> lucarne.machine/1, where null is not said.
name: machine:
let
  secrets = import ./secrets.nix machine;
  inherit (machine) network;

  onlyIn = mode: value: if network.mode == mode then value else null;
  some = list: if list == [ ] then null else list;
  any = set: if builtins.all (value: value == null) (builtins.attrValues set) then null else set;
in
{
  inherit name;
  inherit (machine)
    image
    reset
    tpm
    audio
    readiness
    shutdownTimeoutSec
    ;

  machine = {
    inherit (machine) accel cores nested;
    cpu = machine.cpuModel;
    memoryMib = machine.memoryMiB;
  };

  systemDisk.maxSizeGib = machine.systemDisk.maxSizeGiB;

  dataDisk =
    if machine.dataDisk == null then
      null
    else
      {
        inherit (machine.dataDisk) label letter path;
        sizeGib = machine.dataDisk.sizeGiB;
      };

  network = {
    inherit (network) mac mode;
    bridge = onlyIn "bridge" network.bridge;
    tap = onlyIn "bridge" network.tap;
    ssh = onlyIn "user" network.ssh;
    # What is said of another mode has no effect, which Rust tells.
    forwardPorts = some network.forwardPorts;
  };

  inherit (machine) display;
  usb = some machine.usb;
  pci = some machine.pci;
  shares = some (
    map (share: { name = share; } // machine.shares.${share}) (builtins.attrNames machine.shares)
  );

  identity = {
    computerName = machine.identity.hostName;
    inherit (machine.identity) sid;
    inherit (secrets) domainJoin;
    certificates = some secrets.certificates;
  };

  guest = {
    accounts = some secrets.accounts;
    network = any {
      addresses = some network.addresses;
      gateways = some network.gateways;
      dnsServers = some network.dnsServers;
    };
    folders = some machine.guest.folders;
    smbShares = some machine.guest.smbShares;
    scripts = some machine.guest.scripts;
    inherit (machine.guest) rdp ssh;
  };

  extraQemuArgs = some machine.extraQemuArgs;
}
