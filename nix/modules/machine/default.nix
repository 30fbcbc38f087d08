# One machine: its options by what they are about.
{
  imports = [
    ./credentials.nix
    ./devices.nix
    ./disks.nix
    ./display.nix
    ./guest.nix
    ./hardware.nix
    ./identity.nix
    ./network.nix
    ./outputs.nix
    ./service.nix
  ];
}
