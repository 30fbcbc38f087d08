# What makeSystemdService says of its arguments, in the form of messages.nix.
{
  image,
  refused,
  windows,
}:
{
  unknown-argument-of-a-service =
    refused "lucarne: makeSystemdService: no such argument: `tapname`, did you mean `tapName`?"
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          tapname = "tap0";
        }
      ));

  unknown-option-of-a-service =
    refused "lucarne: makeSystemdService: qemuOptions: no such argument: `mcAddress`, did you mean `macAddress`?"
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          qemuOptions.mcAddress = "";
        }
      ));

  no-arguments-of-a-service =
    refused "lucarne: makeSystemdService: is no set hint: it has bridgeName, credentials, group,"
      (builtins.toJSON (windows.makeSystemdService "x"));

  no-image-of-a-service =
    refused "lucarne: makeSystemdService: systemImage: is missing hint: name the image that the machine runs"
      (builtins.toJSON (windows.makeSystemdService { }));

  debug-image-of-a-service =
    refused "makeSystemdService: systemImage: `win11-debug` is no image, but lies beside one hint: name"
      (builtins.toJSON (windows.makeSystemdService { systemImage = image.debug; }));

  folder-of-no-root-of-a-service =
    refused "makeSystemdService: systemImage: `images/win11` is no absolute path hint: name a value of"
      (builtins.toJSON (windows.makeSystemdService { systemImage = "images/win11"; }));

  # All of what is wrong at once, each at its name and with a way out.
  everything-of-a-service =
    refused
      (builtins.concatStringsSep " " [
        "no such argument: `tapname`, did you mean `tapName`? hint: there are"
        "bridgeName, credentials, group, machine, name, qemuOptions, restart, systemImage, tapName,"
        "tempDir, userImagePath, userImageSize"
        "lucarne: makeSystemdService: bridgeName: can be no interface's name hint: 1 to 15 letters,"
        "digits and `-._` make one, in quotation marks"
        "lucarne: makeSystemdService: credentials.a: is a file of the store, which everybody on this"
        "host can read hint: name a file that the store does not hold, as a text, such as"
        "\"/run/secrets/a\" of sops-nix or agenix"
        "lucarne: makeSystemdService: credentials.b: is a file of the store, which everybody on this"
        "host can read hint: name a file that the store does not hold, as a text, such as"
        "\"/run/secrets/b\" of sops-nix or agenix"
        "lucarne: makeSystemdService: credentials.c:d: `c:d` can be no credential's name hint: letters,"
        "digits and `-._` make one"
        "lucarne: makeSystemdService: credentials.e: is no text hint: write it in quotation marks"
        "lucarne: makeSystemdService: credentials.f: is no absolute path hint: name the file that holds"
        "the secret, such as \"/run/secrets/f\""
        "lucarne: makeSystemdService: machine: is no set hint: it has what `lucarne.machine/1` has"
        "(`lucarne schema machine`)"
        "lucarne: makeSystemdService: name: is no name of a machine hint: 1 to 40 of `a` to `z`, `0` to"
        "`9` and `-` make one, and no `-` begins it"
        "lucarne: makeSystemdService: qemuOptions.cores: is no number such as \"4\" hint: write its"
        "digits alone"
        "lucarne: makeSystemdService: qemuOptions.extraFlags[0]: is no text hint: write it in quotation"
        "marks"
        "lucarne: makeSystemdService: qemuOptions.memory: is no size such as \"80G\" hint: write a"
        "number and `M`, `G` or `T` right behind it, in quotation marks"
        "lucarne: makeSystemdService: qemuOptions.vnc: is no display such as \":0\" or \"127.0.0.1:0\""
        "hint: leave it out for a socket, or say `null` for none"
        "lucarne: makeSystemdService: restart: is no way to restart hint: there are no, on-success,"
        "on-failure, on-abnormal, on-watchdog, on-abort, always"
        "lucarne: makeSystemdService: systemImage: is an integer, and no image hint: name a value of"
        "`makeBaseImage`, `addLayer` or `flatten`, or the folder of one"
        "lucarne: makeSystemdService: tapName: can be no interface's name hint: 1 to 15 letters, digits"
        "and `-._` make one, in quotation marks"
        "lucarne: makeSystemdService: userImagePath: is no absolute path hint: name a folder from the"
        "root on, such as \"/srv/lucarne\""
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = 1;
          tapname = "tap0";
          bridgeName = 0;
          credentials = {
            a = ./messages.nix;
            b = "/nix/store/../store/b";
            "c:d" = "/run/secrets/c";
            e = 5;
            f = "the password itself";
          };
          machine = [ ];
          name = "KYOKO";
          qemuOptions = {
            cores = "four";
            extraFlags = [ 1 ];
            memory = 4;
            vnc = "1";
          };
          restart = null;
          tapName = "tap-of-the-office";
          userImagePath = "data";
        }
      ));

  name-in-the-machine-of-a-service =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: makeSystemdService: machine.image: `win11` is no absolute path hint: name a value of"
        "`makeBaseImage`, `addLayer` or `flatten`, or the folder of one"
        "lucarne: makeSystemdService: machine.name: is no name of a machine hint: 1 to 40 of"
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          machine = {
            image = "win11";
            name = "../office";
          };
        }
      ));

  secrets-of-a-service-that-no-line-holds =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: makeSystemdService: credentials.a: no line of a unit holds the path as it is"
        "hint: write it without quotation marks, `\\`, control characters and blanks at its end"
        "lucarne: makeSystemdService: credentials.b: no line of a unit holds the path as it is"
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          credentials = {
            a = "/run/secrets/a\\";
            b = "/run/secrets/b\nUser=root";
          };
        }
      ));

  group-of-a-service =
    refused "lucarne: makeSystemdService: group: can be no group's name hint: write one such as"
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          group = "users:0";
        }
      ));

  no-cores-of-a-service =
    refused "lucarne: makeSystemdService: qemuOptions.cores: is no number such as \"4\""
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          qemuOptions.cores = 0;
        }
      ));

  # As the module's option.
  disk-of-a-service =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: makeSystemdService: userImagePath: `/srv/a:b/windows/data.qcow2` is not written"
        "plainly hint: write it from the root on,"
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          userImagePath = "/srv/a:b/";
        }
      ));

  disk-in-the-state-of-a-service =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: makeSystemdService: userImagePath: lies in `/var/lib/lucarne/office`, the machine's"
        "state folder hint: leave it out: the disk is in that folder then"
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          name = "office";
          userImagePath = "/var/lib/lucarne";
        }
      ));

  # It counts, and not what `userImagePath` says.
  disk-in-the-machine-of-a-service =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: makeSystemdService: machine.dataDisk.path: `/srv/a:b/data.qcow2` is not written"
        "plainly hint: write it from the root on,"
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          userImagePath = "/srv/lucarne";
          machine.dataDisk.path = "/srv/a:b/data.qcow2";
        }
      ));

  tap-that-is-the-bridge-of-a-service =
    refused
      (builtins.concatStringsSep " " [
        "lucarne: makeSystemdService: tapName: `br0` is the bridge hint: leave it out for one by the"
        "machine's name, which is put on the bridge"
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          tapName = "br0";
        }
      ));

  nothing-of-a-service =
    refused
      (builtins.concatStringsSep " " [
        "credentials: is no set of files by the names of credentials hint: such as"
        "`{ password = \"/run/secrets/office\"; }`"
        "lucarne: makeSystemdService: name: is no name of a machine hint: 1 to 40 of `a` to `z`, `0` to"
        "`9` and `-` make one, and no `-` begins it"
        "lucarne: makeSystemdService: qemuOptions: is no set hint: it has OVMF, cores, cpufeatures,"
      ])
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          credentials = null;
          name = null;
          qemuOptions = null;
        }
      ));

  flags-of-a-service =
    refused
      "makeSystemdService: qemuOptions.extraFlags: is no list of texts hint: write it as `[ … ]`"
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          qemuOptions.extraFlags = "-foo";
        }
      ));

  size-of-a-service =
    refused "lucarne: makeSystemdService: userImageSize: is no size such as \"80G\""
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          userImageSize = "big";
        }
      ));

  screen-of-a-service =
    refused "lucarne: makeSystemdService: qemuOptions.vnc: is no display such as \":0\""
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          qemuOptions.vnc = 1;
        }
      ));

  shell-in-the-flags-of-a-service =
    refused "lucarne: makeSystemdService: qemuOptions.extraFlags[0]: no shell reads `-name \"a b\"`"
      (builtins.toJSON (
        windows.makeSystemdService {
          systemImage = "/i";
          qemuOptions.extraFlags = [ "-name \"a b\"" ];
        }
      ));

  screen-for-everybody = {
    expression = builtins.toJSON (
      windows.makeSystemdService {
        systemImage = "/i";
        qemuOptions.vnc = ":1";
      }
    );
    fails = false;
    says = "makeSystemdService: qemuOptions.vnc: \":1\" is on 127.0.0.1 here, for VNC asks for no password";
  };
}
