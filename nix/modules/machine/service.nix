# The service.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    autoStart = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        Whether the machine starts with the host. The host does not wait for it.
      '';
    };

    readiness = mkOption {
      type = types.enum [
        "guest"
        "start"
      ];
      default = "guest";
      example = "start";
      description = ''
        When the service counts as started: when the guest said that it is ready, or when it runs.
      '';
    };

    shutdownTimeoutSec = mkOption {
      type = types.ints.between 1 86400;
      default = 120;
      example = 300;
      description = ''
        How long Windows may take to shut down, in seconds. Then its power is cut.
      '';
    };

    restart = mkOption {
      type = types.enum (import ../../lib/machine/restarts.nix);
      default = "on-failure";
      example = "always";
      description = ''
        When systemd starts it again by itself. With `always` Windows cannot be switched off from
        within.
      '';
    };

    restartIfChanged = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether a switch of the host's configuration restarts a machine whose settings changed, in use
        or not. Else they count from its next start on.
      '';
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether the host's firewall lets others reach what of the machine's listens on more than
        127.0.0.1: `network.forwardPorts` and `display.vnc`. A machine on a bridge has a firewall of
        its own.
      '';
    };

    resources = {
      cpuQuota = mkOption {
        type = types.nullOr (types.strMatching "[1-9][0-9]*%");
        default = null;
        example = "400%";
        description = ''
          The most of the host's CPUs that it gets, systemd's `CPUQuota=`: `100%` is one of them. Null
          is no limit.
        '';
      };
      memoryMax = mkOption {
        type = types.nullOr (types.strMatching "[1-9][0-9]*[KMGT]?");
        default = null;
        example = "10G";
        description = ''
          What it may have of the host's memory, systemd's `MemoryMax=`: beyond it, the kernel ends
          QEMU, which is a power cut. It needs more than `memoryMiB`: a quarter more is wise. Null is
          no limit.
        '';
      };
    };

    asMicrovm = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether microvm.nix's host runs it, as `microvm@NAME`, instead of a service of its own. That
        host's module must be imported.
      '';
    };
  };
}
