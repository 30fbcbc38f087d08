# The hypervisor, and what it gives the guest.
{
  config,
  lib,
  options,
  ...
}@module:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.microvm.guest;
  guard = import ./guard.nix module;
  unlessNull = value: lib.mkIf (value != null) value;
  names = import ../../lib/network/names.nix;
  hasVsock = (import ./capabilities.nix).${cfg.hypervisor}.vsock;
in
{
  options.lucarne.microvm.guest = {
    enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether this system is a guest of microvm.nix, by the options below.
      '';
    };

    vcpu = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      example = 2;
      description = ''
        How many CPUs it has. Null is microvm.nix' default.
      '';
    };

    mem = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      example = 1000;
      description = ''
        Its memory in MiB. Null is microvm.nix' default.
      '';
    };

    hypervisor = mkOption {
      type = types.enum (lib.attrNames (import ./capabilities.nix));
      default = "cloud-hypervisor";
      example = "qemu";
      description = ''
        What runs it. What each can do tells `nix/modules/microvm-guest/capabilities.nix`.
      '';
    };

    socket = mkOption {
      type = types.nullOr types.str;
      default = "control.socket";
      example = "guest.sock";
      description = ''
        The hypervisor's control socket, in the guest's state folder. Without one, which is null,
        a stop of the guest is a power cut.
      '';
    };

    cid = mkOption {
      # 0 to 2 are the hypervisor's, the guest's and the host's, the last one is anybody's.
      type = types.nullOr (types.ints.between 3 4294967294);
      default = if hasVsock then names.cid config.networking.hostName else null;
      defaultText = lib.literalMD "made of the host name, where the hypervisor has vsock";
      example = 3;
      description = ''
        Its address for vsock, which no other guest of the host has. Null is none.
      '';
    };
  };

  config = guard {
    guest.enable = lib.mkDefault true;
    inherit (cfg) hypervisor socket;
    vcpu = unlessNull cfg.vcpu;
    mem = unlessNull cfg.mem;
    vsock.cid = unlessNull cfg.cid;
  };
}
