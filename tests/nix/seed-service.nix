# The arguments of the earlier system's makeSystemdService, as machines.
{ windows }:
let
  machineOf = import ../../nix/lib/seed-machine.nix;
  small = given: machineOf ({ systemImage = "/i"; } // given);
in
{
  # Its readme's machine, whose tablet every machine has here.
  seed-service-readme = {
    got = machineOf {
      systemImage = "/srv/images/kyoko";
      name = "kyoko";
      userImageSize = "100G";
      qemuOptions = {
        macAddress = "00:16:D0:3B:E2:DC";
        extraFlags = [ "-usbdevice tablet" ];
      };
    };
    want = {
      name = "kyoko";
      image = "/srv/images/kyoko";
      network = {
        mode = "bridge";
        tap = "tap-kyoko";
        bridge = "br0";
        mac = "00:16:D0:3B:E2:DC";
      };
      dataDisk.sizeGib = 100;
    };
  };
  seed-service-defaults = {
    got = small { };
    want = {
      name = "windows";
      image = "/i";
      network = {
        mode = "bridge";
        tap = "tap-windows";
        bridge = "br0";
      };
      dataDisk.sizeGib = 10;
    };
  };
  seed-service-everything = {
    got = small {
      name = "a-machine-of-the-office";
      tapName = "tap0";
      bridgeName = "lan";
      # With a slash at its end or not.
      userImagePath = "/etc/vms/user-disks/";
      userImageSize = "1500M";
      tempDir = "/tmp";
      qemuOptions = {
        cores = "8";
        memory = "16G";
        vnc = "192.0.2.1:2";
        extraFlags = [ "-device  ivshmem-plain,memdev=a\n\t-snapshot\n" ];
        hvflags = "";
        efi = true;
      };
      machine.readiness = "start";
    };
    want = {
      name = "a-machine-of-the-office";
      image = "/i";
      network = {
        mode = "bridge";
        tap = "tap0";
        bridge = "lan";
      };
      dataDisk = {
        sizeGib = 2;
        path = "/etc/vms/user-disks/a-machine-of-the-office/data.qcow2";
      };
      display.vnc = {
        address = "192.0.2.1";
        port = 5902;
      };
      extraQemuArgs = [
        "-device"
        "ivshmem-plain,memdev=a"
        "-snapshot"
      ];
      machine = {
        cores = 8;
        memoryMib = 16384;
      };
      readiness = "start";
    };
  };
  # What `machine` does not say stays.
  seed-service-more-of-a-machine = {
    got =
      let
        machine = small {
          qemuOptions.memory = "8G";
          machine = {
            machine.cores = 2;
            network.mac = "52:54:00:00:00:01";
            dataDisk.label = "Work";
          };
        };
      in
      {
        inherit (machine) network dataDisk machine;
        user = (small { machine.network.mode = "user"; }).network;
      };
    want = {
      network = {
        mode = "bridge";
        tap = "tap-windows";
        bridge = "br0";
        mac = "52:54:00:00:00:01";
      };
      dataDisk = {
        sizeGib = 10;
        label = "Work";
      };
      machine = {
        cores = 2;
        memoryMib = 8192;
      };
      user.mode = "user";
    };
  };
  # Of two places that of `machine` is judged; of none that the disk does not have.
  seed-service-disk-of-its-machine = {
    got =
      map
        (
          dataDisk:
          (small {
            userImagePath = "/var/lib/lucarne";
            machine = { inherit dataDisk; };
          }).dataDisk
        )
        [
          { path = "/srv/office/data.qcow2"; }
          { path = null; }
          null
        ];
    want = [
      {
        sizeGib = 10;
        path = "/srv/office/data.qcow2";
      }
      {
        sizeGib = 10;
        path = null;
      }
      null
    ];
  };
  # The name that counts is that of all that is called by it.
  seed-service-by-the-name-of-its-machine = {
    got =
      let
        machine = small {
          name = "kyoko";
          userImagePath = "/srv";
          machine.name = "office";
        };
      in
      {
        inherit (machine) name;
        inherit (machine.network) tap;
        inherit (machine.dataDisk) path;
      };
    want = {
      name = "office";
      tap = "tap-office";
      path = "/srv/office/data.qcow2";
    };
  };
  # 15 bytes, and another for another name.
  seed-service-long-names = {
    got = map (name: (small { inherit name; }).network.tap) [
      "an-office"
      "a-machine-of-the-office"
      "a-machine-of-the-other"
    ];
    want = [
      "tap-an-office"
      "tap-a-m-nmlat33"
      "tap-a-m-4n2kg3t"
    ];
  };
  seed-service-screens = {
    got = map (vnc: (small { qemuOptions = { inherit vnc; }; }).display.vnc) [
      null
      ":0"
      "127.0.0.1:1"
      ":01"
    ];
    want = [
      "none"
      {
        address = "127.0.0.1";
        port = 5900;
      }
      {
        address = "127.0.0.1";
        port = 5901;
      }
      {
        address = "127.0.0.1";
        port = 5901;
      }
    ];
  };
  seed-service-is-a-service = {
    got = {
      inherit (windows.makeSystemdService { systemImage = "/i"; }) restartIfChanged wantedBy;
    };
    want = {
      wantedBy = [ "multi-user.target" ];
      restartIfChanged = false;
    };
  };
  groups-by-their-names = {
    got = map (import ../../nix/lib/machine/group-name.nix).is [
      "lucarne"
      "a%n"
      "CORPä users@example"
      ""
      "100"
      ".."
      "-a"
      " a"
      "a "
      "a/b"
      "a\nb"
      "a\\"
      7
    ];
    want = [
      true
      true
      true
    ]
    ++ builtins.genList (_: false) 10;
  };
  nearest-names = {
    got =
      let
        near = name: import ../../nix/lib/nearest.nix name [ "tapName" "bridgeName" "name" "tpm" ];
      in
      map near [
        "tapname"
        "brigdeName"
        "nmae"
        "tmp"
        # Two letters of four are another word.
        "nose"
        "systemd"
        (builtins.concatStringsSep "" (builtins.genList (_: "n") 100))
      ];
    want = [
      "tapName"
      "bridgeName"
      "name"
      "tpm"
      null
      null
      null
    ];
  };
}
