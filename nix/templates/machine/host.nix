# The host, and what is its machine's beside the image.
{
  nixpkgs.hostPlatform = "x86_64-linux";
  networking.hostName = "host";
  system.stateVersion = "25.11";

  # What your own hardware-configuration.nix says instead.
  boot.loader.systemd-boot.enable = true;
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  lucarne.machines.office = {
    dataDisk.sizeGiB = 64; # D:, which stays; C: is as sealed at each start
    credentials = {
      adminAccount = "ada";
      adminPassword = "/run/secrets/office"; # a file of the host's, read at each start
    };
    # Remote Desktop of the machine at the host's port 13389, for the host itself.
    network.forwardPorts = [
      {
        hostPort = 13389;
        guestPort = 3389;
      }
    ];
  };
}
