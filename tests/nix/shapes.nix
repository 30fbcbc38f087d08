# Machines of every shape that a unit has, as the arguments of nix/lib/machine/unit.nix. Their units
# are golden files (tests/nix/units); `cargo xtask test service/verify` has systemd judge more.
let
  shape =
    machine: given:
    {
      lucarne = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-lucarne-0.1.0/bin/lucarne";
      file = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-lucarne-machine-office/machine.json";
      tools = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-lucarne-machine-office/tools.json";
      machine = {
        schema = "lucarne.machine/1";
        name = "office";
        image = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-win11-image";
      }
      // machine;
    }
    // given;

  bridge.network = {
    mode = "bridge";
    tap = "vm-office";
    bridge = "br0";
  };
  ofModule = {
    group = "lucarne";
    target = "lucarne.target";
  };
in
{
  user = shape { } { };
  none = shape { network.mode = "none"; } ofModule;
  bridge = shape bridge ofModule;
  emulated = shape { machine.accel = "tcg"; } ofModule;

  # TAP and drop-in are microvm.nix's.
  microvm = shape (
    bridge
    // {
      shutdownTimeoutSec = 300;
    }
  ) { tapIsElsewhere = true; };

  elsewhere = shape {
    dataDisk = {
      sizeGib = 100;
      path = "/srv/a b/100%/data.qcow2";
    };
  } { credentials."password-alice" = "/run/secrets/100%"; };

  # Whatever loosens the confines, at once.
  all = shape {
    machine.accel = "auto";
    network.mode = "user";
    display.vnc = {
      address = "0.0.0.0";
      port = 5901;
    };
    dataDisk = {
      sizeGib = 100;
      path = "/run/user/1000/office/data.qcow2";
    };
    pci = [ "0000:01:00.0" ];
    usb = [
      {
        vendor = "046d";
        product = "c52b";
      }
    ];
    shares = [
      {
        name = "documents";
        path = "/srv/documents";
      }
      {
        name = "drop";
        path = "/run/user/1000/drop";
        readOnly = false;
      }
    ];
    shutdownTimeoutSec = 600;
  } (
    ofModule
    // {
      credentials = {
        domain-join = "/run/secrets/join";
        password-alice = "/run/secrets/alice";
      };
      restart = "always";
      restartIfChanged = true;
      cpuQuota = "400%";
      memoryMax = "20G";
    }
  );
}
