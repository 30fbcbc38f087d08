# Devices and folders of the host's that the guest gets.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  id =
    what: example:
    mkOption {
      type = types.strMatching "[0-9a-fA-F]{4}";
      inherit example;
      description = ''
        ${what}, four hexadecimal digits as `lsusb` shows them.
      '';
    };
in
{
  options = {
    usb = mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            vendor = id "Its maker" "046d";
            product = id "What it is" "c52b";
          };
        }
      );
      default = [ ];
      example = [
        {
          vendor = "046d";
          product = "c52b";
        }
      ];
      description = ''
        USB devices to hand over. One that is not plugged in comes when it is. They are given to the
        group `kvm`.
      '';
    };

    pci = mkOption {
      type = types.listOf (
        types.strMatching "([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7]"
      );
      default = [ ];
      example = [ "0000:01:00.0" ];
      description = ''
        PCI devices to hand over by VFIO, with all of their IOMMU group. The driver `vfio-pci` must
        have them, as by `boot.kernelParams = [ "vfio-pci.ids=10de:1c82" ]`. They are given to the
        group `kvm`, and the machine's memory is locked.
      '';
    };

    shares = mkOption {
      default = { };
      example = {
        documents.path = "/srv/documents";
      };
      description = ''
        Folders that the guest sees, by what it calls them. The image needs `software.virtiofs`.
      '';
      type = types.attrsOf (
        types.submodule {
          options = {
            path = mkOption {
              type = types.str;
              example = "/srv/documents";
              description = ''
                The folder, which must be there. The machine's user sees what everybody may.
              '';
            };
            readOnly = mkOption {
              type = types.bool;
              default = true;
              example = false;
              description = ''
                Whether the guest may only read.
              '';
            };
          };
        }
      );
    };
  };
}
