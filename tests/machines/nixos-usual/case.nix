# The options of a machine as most have them.
{
  dataDisk.sizeGiB = 100;
  network = {
    mode = "bridge";
    bridge = "br0";
  };
  credentials.adminPassword = "/run/secrets/office";
}
