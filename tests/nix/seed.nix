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
    got = map (step: removeAttrs step [ "file" ] // (if step ? file then { inherit (step.file) path; } else { })) (image {
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
      {
        name = "Copy additionalFiles[0]";
        phase = "specialize";
        path = "C:\\a.txt";
      }
      {
        name = "postInstallScript";
        phase = "specialize";
        cmd = {
          text = "echo specialize";
          arguments = [ "C" ];
        };
      }
      {
        name = "preLoginScript";
        phase = "session";
        cmd = {
          text = "echo session";
          arguments = [ "C" ];
        };
      }
      {
        name = "Remove additionalFiles[0]";
        delete = "C:\\a.txt";
      }
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
  # Setup ran each line by itself: nothing of it is a batch file's text.
  seed-commands-are-read-as-at-a-prompt = {
    got =
      let
        line = "cmd /C FOR %i IN (c d) DO @if exist %i:\\a \"echo\" & echo %i";
        params = {
          afterInstallCommands = [ line ];
          beforeFirstLoginCommands = [ line ];
        };
        steps = (image { unattendedParams = params; }).steps;
      in
      map (step: [
        step.name
        step.phase
        (step.cmd.arguments == [ line ])
        (builtins.replaceStrings [ "%" ] [ "" ] step.cmd.text == step.cmd.text)
      ]) steps;
    want = [
      [
        "unattendedParams.afterInstallCommands[0]"
        "specialize"
        true
        true
      ]
      [
        "unattendedParams.beforeFirstLoginCommands[0]"
        "session"
        true
        true
      ]
    ];
  };
  # What is said in both ways is said, whichever it was.
  seed-arguments-are-merged = {
    got = only [ "users" "firmware" "locale" "disk" ] (image {
      unattendedParams = {
        users = {
          a = "Zq9-a";
          c = "Zq9-c";
        };
        efi = false;
        locale = "de-DE";
      };
      diskImageSize = "80G";
      users = {
        b.password = "Zq9-b";
        c.displayName = "C";
      };
      firmware.secureBoot = false;
      locale.input = "en-US";
      disk.bus = "nvme";
    });
    want = {
      users = {
        a = {
          password = "Zq9-a";
          groups = [ "Users" ];
        };
        b.password = "Zq9-b";
        c = {
          password = "Zq9-c";
          groups = [ "Users" ];
          displayName = "C";
        };
      };
      firmware = {
        type = "bios";
        secureBoot = false;
      };
      locale = {
        ui = "de-DE";
        system = "de-DE";
        user = "de-DE";
        input = "en-US";
      };
      disk = {
        sizeMib = 81920;
        bus = "nvme";
      };
    };
  };
  # As `net share` does by itself.
  seed-shares-are-read-by-everyone = {
    got =
      let
        steps = windows.custom.network.withSmbServer {
          shares = {
            a = "C:/x";
            b = {
              path = "C:/y";
              grants.ada = "Full";
            };
          };
        };
      in
      map (step: step.share.grants or null) steps;
    want = [
      null
      { Everyone = "read"; }
      { ada = "full"; }
    ];
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
