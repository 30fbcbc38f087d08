# Every option of a machine that its document has.
{
  cores = 8;
  memoryMiB = 16384;
  cpuModel = "EPYC";
  accel = "auto";
  nested = true;
  tpm = "perStart";
  extraQemuArgs = [
    "-name"
    "other"
  ];
  reset = "never";
  systemDisk.maxSizeGiB = 64;
  dataDisk = {
    sizeGiB = 500;
    path = "/srv/lucarne/office/data.qcow2";
    letter = "E";
    label = "Work";
  };
  network = {
    mac = "52:54:00:12:34:56";
    ssh = false;
    forwardPorts = [
      {
        hostPort = 13389;
        guestPort = 3389;
      }
      {
        address = "0.0.0.0";
        hostPort = 5000;
        guestPort = 5000;
        protocol = "udp";
      }
    ];
    addresses = [ "192.0.2.10/24" ];
    gateways = [ "192.0.2.1" ];
    dnsServers = [ "192.0.2.53" ];
  };
  display = {
    vnc.port = 5901;
    spice = true;
    resolution = {
      width = 1920;
      height = 1080;
    };
  };
  audio = true;
  usb = [
    {
      vendor = "046d";
      product = "c52b";
    }
  ];
  pci = [ "0000:01:00.0" ];
  shares = {
    documents.path = "/srv/documents";
    drop = {
      path = "/srv/drop";
      readOnly = false;
    };
  };
  identity = {
    hostName = "OFFICE";
    domainJoin = "/run/secrets/join";
    sid = "own";
    certificates = [
      {
        store = "Root";
        file = "/etc/ssl/certs/company.pem";
      }
      {
        store = "My";
        secretFile = "/run/secrets/client.pfx";
      }
    ];
  };
  credentials = {
    adminAccount = "alice";
    adminPassword = "/run/secrets/alice";
    authorizedKeys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHere alice@home" ];
    accounts."Herr Müller" = {
      password = "/run/secrets/mueller";
    };
    accounts.bob.authorizedKeys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHere bob@home" ];
  };
  guest = {
    folders = [ "E:\\Work" ];
    smbShares = [
      {
        name = "Work";
        path = "E:\\Work";
        grants.alice = "full";
      }
    ];
    scripts = [ { powerShell.text = "Set-Date"; } ];
    ssh.enable = false;
    rdp.enable = true;
  };
  readiness = "start";
  shutdownTimeoutSec = 300;
  # What its document does not have.
  autoStart = false;
  restart = "always";
  restartIfChanged = true;
  openFirewall = true;
  resources = {
    cpuQuota = "400%";
    memoryMax = "20G";
  };
}
