# The host, its network, and what is its Windows machine's beside the image.
{
  nixpkgs.hostPlatform = "x86_64-linux";
  networking = {
    hostName = "host";
    # networkd makes the bridge; two that give addresses would be in each other's way.
    useNetworkd = true;
  };
  system.stateVersion = "25.11";

  # What your own hardware-configuration.nix says instead.
  boot.loader.systemd-boot.enable = true;
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  lucarne.microvm.host.enable = true;

  # A bridge for all machines, with addresses, names such as `web.vm.internal`, and the way out.
  lucarne.network = {
    enable = true;
    ipv4.subnet = "10.213.0.1/24";
    nat.enable = true;
  };

  lucarne.machines.office = {
    network.mode = "bridge";
    dataDisk.sizeGiB = 64; # D:, which stays; C: is as sealed at each start
  };
}
