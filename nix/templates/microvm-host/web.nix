# The Linux guest.
{
  networking.hostName = "web";
  system.stateVersion = "25.11";

  lucarne.microvm.guest = {
    enable = true;
    vcpu = 1;
    mem = 1024; # MiB
  };
}
