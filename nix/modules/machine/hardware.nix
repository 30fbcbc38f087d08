# The image, and the virtual hardware beside it.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    image = mkOption {
      type = types.path;
      example = lib.literalExpression "windows.makeBaseImage { … }";
      description = ''
        The image that the machine runs: a value of `makeBaseImage`, `addLayer` or `flatten`, or the
        path of an image's folder, which the machine is then not checked against before it starts.
      '';
    };

    cores = mkOption {
      type = types.nullOr (types.ints.between 1 255);
      default = null;
      example = 8;
      description = ''
        How many cores it has, at least as many as its image was installed with. Null is as many.
      '';
    };

    memoryMiB = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      example = 8192;
      description = ''
        Its memory in MiB, at least as much as its image was installed with. Null is as much.
      '';
    };

    cpuModel = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "EPYC";
      description = ''
        QEMU's CPU model. Null is the host's own with KVM.
      '';
    };

    accel = mkOption {
      type = types.enum [
        "kvm"
        "tcg"
        "auto"
      ];
      default = "kvm";
      example = "tcg";
      description = ''
        How the guest's CPU is run. `tcg` emulates it, and a real Windows takes hours with that.
      '';
    };

    nested = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether the guest may run machines itself, and Windows its virtualization-based security.
      '';
    };

    tpm = mkOption {
      type = types.nullOr (
        types.enum [
          "perInstance"
          "perStart"
        ]
      );
      default = null;
      example = "perStart";
      description = ''
        How long the TPM keeps its secrets: as long as there is the machine, or a start. Whether there
        is one, the image says. Null is `perInstance` where there is one.
      '';
    };

    extraQemuArgs = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "-device"
        "ivshmem-doorbell,chardev=a"
      ];
      description = ''
        Arguments of QEMU's after all others, a word each. Nothing of them is checked.
      '';
    };
  };
}
