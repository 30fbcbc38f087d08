# The earlier system's arguments: what each becomes.
{ windows, minimal }:
let
  image = given: (minimal.override given).spec;
  only = names: set: builtins.intersectAttrs (builtins.listToAttrs (map (name: { inherit name; value = null; }) names)) set;
in
{
  # Who uses none of them gets what was written, untouched.
  seed-leaves-others-alone = {
    got = image { };
    want = minimal.spec;
  };
  seed-sizes-and-numbers = {
    got = only [ "disk" "machine" "tpm" "firmware" ] (image {
      diskImageSize = "1T";
      qemuOptions = {
        cores = 2;
        memory = "4096M";
        enableTpm = false;
        efi = false;
      };
    });
    want = {
      disk.sizeMib = 1048576;
      machine = {
        cores = 2;
        memoryMib = 4096;
      };
      tpm = false;
      firmware.type = "bios";
    };
  };
  # A text runs where the earlier system ran it; its files are there for as long.
  seed-scripts = {
    got = map (step: removeAttrs step [ "file" ]) (image {
      preLoginScript = "echo session";
      postInstallScript = "echo specialize";
      additionalFiles = [
        {
          name = "a.txt";
          path = ./names.json;
        }
      ];
      steps = [ { reboot = true; } ];
    }).steps;
    want = [
      { phase = "specialize"; }
      {
        phase = "specialize";
        cmd = {
          text = "echo specialize";
          arguments = [ "C" ];
        };
      }
      {
        phase = "session";
        cmd = {
          text = "echo session";
          arguments = [ "C" ];
        };
      }
      { delete = "C:\\a.txt"; }
      { reboot = true; }
    ];
  };
  # What a step brings is not copied a second time.
  seed-packages-come-once = {
    got = (image {
      additionalFiles = [ windows.custom.software.git.package ];
      preLoginScript = windows.custom.compile [ { reboot = true; } ];
    }).steps;
    want = [ { reboot = true; } ];
  };
  seed-unknown-arguments-travel = {
    got = only [ "unattendedParams" "qemuOptions" "preLoginScrpt" ] (image {
      unattendedParams = {
        editoin = "x";
        partitions = [ ];
        users = null;
      };
      qemuOptions.core = "4";
      preLoginScrpt = "x";
    });
    want = {
      unattendedParams = {
        editoin = "x";
        partitions = [ ];
      };
      qemuOptions.core = "4";
      preLoginScrpt = "x";
    };
  };
}
