# Installs with KVM, each over the ISO that is given: { windowsIso, edition, virtioWinIso ? … }.
# Nobody may ship one, so these are functions' results and not checks:
#   nix build --impure --expr '((builtins.getFlake "…").legacyPackages.x86_64-linux.vmTests {
#     windowsIso = …; edition = "Windows 11 Pro"; }).uefi'
# `machine` is a host of NixOS that runs the first of them: its CPU is a guest's, so it needs nested
# KVM. All of this is evaluated, and none of it was ever run.
{
  pkgs,
  windows,
  module,
}:
given:
let
  install =
    name: arguments:
    windows.makeBaseImage (
      given
      // arguments
      // {
        name = "vm-test-${name}";
        install.accel = "kvm";
      }
    );
  images = builtins.mapAttrs install {
    uefi = { };
    uefi-virtio-blk.disk.bus = "virtio-blk";
    uefi-nvme.disk.bus = "nvme";
    bios = {
      disk.bus = "sata";
      firmware.type = "bios";
      tpm = false;
      bypassChecks = [
        "tpm"
        "secureBoot"
      ];
    };
  };
in
images
// {
  machine = pkgs.testers.runNixOSTest (
    import ./vm-machine.nix {
      inherit module;
      image = images.uefi;
    }
  );
}
