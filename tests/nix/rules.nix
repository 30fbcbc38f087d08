# What a host's machines may not be, each once wrong and once right: the same for the double of
# NixOS and for the real one. `says` is a part of the one assertion that fails; `wrong` and `right` are
# modules. `host` is what both have.
{ image, withShares }:
let
  office = machine: { lucarne.machines.office = { inherit image; } // machine; };
  bridge = {
    mode = "bridge";
    bridge = "br0";
  };
  two = one: other: {
    lucarne.machines = {
      a = {
        inherit image;
        identity.sid = "own";
      }
      // one;
      b = {
        inherit image;
        identity.sid = "own";
      }
      // other;
    };
  };
  port = portOf "127.0.0.1";
  portOf = address: hostPort: {
    network.forwardPorts = [
      {
        inherit address hostPort;
        guestPort = 3389;
      }
    ];
  };
  tap = tap: { network = bridge // { inherit tap; }; };
  # The options of microvm.nix's host that ours looks at.
  microvm =
    enable:
    { lib, ... }:
    {
      options.microvm = {
        vms = lib.mkOption { type = lib.types.attrsOf lib.types.anything; };
        host.enable = lib.mkOption {
          type = lib.types.bool;
          default = enable;
        };
      };
    };
  withoutTpm = image.override { tpm = false; };
  # A layer has nothing of its own.
  more =
    image:
    image.addLayer {
      name = "more";
      steps = [ ];
    };
  withSsh = image.addLayer {
    name = "ssh";
    steps = [
      {
        name = "Listen";
        phase = "boot";
        service = {
          name = "sshd";
          state = "running";
        };
      }
    ];
  };
  large = image.override {
    machine = {
      cores = 8;
      memoryMib = 8192;
    };
  };
in
{
  host.networking.bridges.br0.interfaces = [ ];

  rules = import ./folder-rules.nix { inherit office two withShares; } // {
    name = {
      says = "lucarne.machines.Office: `Office` is no name of a machine";
      wrong.lucarne.machines.Office.image = image;
      right = office { };
    };
    tap-too-long = {
      says = "office.network.tap: `vm-of-the-office` has 16 bytes";
      wrong = office { network = bridge // { tap = "vm-of-the-office"; }; };
      right = office { network = bridge // { tap = "vm-of-theoffice"; }; };
    };
    tap-of-characters = {
      says = "office.network.tap: `vm%d` has 4 bytes and can be no interface's name";
      wrong = office { network = bridge // { tap = "vm%d"; }; };
      right = office { network = bridge // { tap = "vm-d"; }; };
    };
    tap-of-dots = {
      says = "office.network.tap: `..` has 2 bytes and can be no interface's name";
      wrong = office { network = bridge // { tap = ".."; }; };
      right = office { network = bridge // { tap = "vm.."; }; };
    };
    bridge-name = {
      says = "office.network.bridge: `br@1` can be no interface's name";
      wrong = office {
        network = bridge // {
          bridge = "br@1";
          bridgeIsElsewhere = true;
        };
      };
      right = office {
        network = bridge // {
          bridge = "br-1";
          bridgeIsElsewhere = true;
        };
      };
    };
    bridge-missing = {
      says = "office.network.bridge: is missing";
      wrong = office { network.mode = "bridge"; };
      right = office { network = bridge; };
    };
    bridge-unknown = {
      says = "office.network.bridge: this configuration makes no bridge `br1`";
      wrong = office { network = bridge // { bridge = "br1"; }; };
      right = office {
        network = bridge // {
          bridge = "br1";
          bridgeIsElsewhere = true;
        };
      };
    };
    bridge-of-networkd = {
      says = "office.network.bridge: this configuration makes no bridge `br2`";
      wrong = {
        imports = [ (office { network = bridge // { bridge = "br2"; }; }) ];
        systemd.network.netdevs."10-br2".netdevConfig = {
          Kind = "vlan";
          Name = "br2";
        };
      };
      right = {
        imports = [ (office { network = bridge // { bridge = "br2"; }; }) ];
        systemd.network.netdevs."10-br2".netdevConfig = {
          Kind = "bridge";
          Name = "br2";
        };
      };
    };
    bridge-of-another-mode = {
      says = "office.network.bridge: is of the mode `bridge`";
      wrong = office { network.bridge = "br0"; };
      right = office { network = bridge; };
    };
    ports-of-another-mode = {
      says = "office.network.forwardPorts: is of the mode `user`";
      wrong = office { network = bridge // (port 13389).network; };
      right = office (port 13389);
    };
    port-of-root = {
      says = "office.network.forwardPorts: the machine has no right to ports below 1024";
      wrong = office (port 22);
      right = office (port 1024);
    };
    secret-in-the-store = {
      says = "office.credentials.adminPassword: is a file of the store";
      wrong = office { credentials.adminPassword = ./rules.nix; };
      right = office { credentials.adminPassword = "/run/secrets/office"; };
    };
    secret-of-the-store = {
      says = "office.credentials.accounts.bob.password: is a file of the store";
      wrong = office {
        credentials.accounts.bob.password = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-secret";
      };
      right = office { credentials.accounts.bob.password = "/nix/storeroom/secret"; };
    };
    secret-of-the-store-otherwise-written = {
      says = "office.credentials.adminPassword: is a file of the store";
      wrong = office { credentials.adminPassword = "/run/..//nix/./store/secret"; };
      right = office { credentials.adminPassword = "/nix/store/../secret"; };
    };
    secret-of-the-system = {
      says = "office.credentials.adminPassword: is a file of the store";
      wrong = office { credentials.adminPassword = "/run/current-system/etc/password"; };
      right = office { credentials.adminPassword = "/run/current-systems/password"; };
    };
    secret-of-etc-below-static = {
      says = "office.credentials.adminPassword: is a file of the store";
      wrong = office { credentials.adminPassword = "/etc/static/password"; };
      right = office { credentials.adminPassword = "/etc/statics/password"; };
    };
    secret-of-etc = {
      says = "office.credentials.adminPassword: is made by `environment.etc` of a file of the store";
      wrong = {
        imports = [ (office { credentials.adminPassword = "/etc/office/password"; }) ];
        environment.etc."office/password".source = ./rules.nix;
      };
      right = {
        imports = [ (office { credentials.adminPassword = "/etc/office/password"; }) ];
        environment.etc."office/password".source = "/run/secrets/office";
      };
    };
    secret-in-a-folder-of-etc = {
      says = "office.identity.domainJoin: is made by `environment.etc` of a file of the store";
      wrong = {
        imports = [ (office { identity.domainJoin = "/etc/office/join"; }) ];
        environment.etc.secrets = {
          source = ./.;
          target = "office";
        };
      };
      right = {
        imports = [ (office { identity.domainJoin = "/etc/office/join"; }) ];
        environment.etc.secrets.source = ./.;
      };
    };
    password-twice = {
      says = "office.credentials.adminPassword: `credentials.accounts.Administrator.password` is";
      wrong = office {
        credentials = {
          adminPassword = "/run/secrets/office";
          accounts.Administrator.password = "/run/secrets/administrator";
        };
      };
      right = office {
        credentials = {
          adminPassword = "/run/secrets/office";
          accounts.Administrator.authorizedKeys = [ "ssh-ed25519 AAAA ada@home" ];
        };
      };
    };
    domain-in-the-store = {
      says = "office.identity.domainJoin: is a file of the store";
      wrong = office { identity.domainJoin = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-join"; };
      right = office { identity.domainJoin = "/run/secrets/join"; };
    };
    certificate-twice = {
      says = "office.identity.certificates: one of them has neither or both";
      wrong = office { identity.certificates = [ { store = "My"; } ]; };
      right = office {
        identity.certificates = [
          {
            store = "My";
            secretFile = "/run/secrets/a.pfx";
          }
        ];
      };
    };
    no-tpm = {
      says = "office.tpm: the image was installed without a TPM";
      wrong = office {
        image = withoutTpm;
        tpm = "perStart";
      };
      right = office { tpm = "perStart"; };
    };
    # A layer has no hardware of its own.
    no-tpm-below-a-layer = {
      says = "office.tpm: the image was installed without a TPM";
      wrong = office {
        image = more withoutTpm;
        tpm = "perStart";
      };
      right = office { image = withoutTpm; };
    };
    cores = {
      says = "office.cores: 4 are fewer than the 8 of its image";
      wrong = office {
        image = large;
        cores = 4;
      };
      right = office {
        image = large;
        cores = 8;
      };
    };
    memory = {
      says = "office.memoryMiB: 4096 MiB are less than the 8192 MiB of its image";
      wrong = office {
        image = large;
        memoryMiB = 4096;
      };
      right = office { image = large; };
    };
    memory-max = {
      says = "office.resources.memoryMax: QEMU needs more than the 8192 MiB of Windows";
      wrong = office {
        image = large;
        resources.memoryMax = "8388608K";
      };
      right = office {
        image = large;
        resources.memoryMax = "10G";
      };
    };
    shares = {
      says = "office.shares: Windows sees none of them: the image has no `software.virtiofs`";
      wrong = office { shares.documents.path = "/srv/documents"; };
      right = office {
        image = withShares;
        shares.documents.path = "/srv/documents";
      };
    };
    # What it was made flat of counts.
    shares-of-a-flat-image = {
      says = "office.shares: Windows sees none of them: the image has no `software.virtiofs`";
      wrong = office {
        image = (more image).flatten;
        shares.documents.path = "/srv/documents";
      };
      right = office {
        image = (more withShares).flatten;
        shares.documents.path = "/srv/documents";
      };
    };
    one-mac = {
      says = "b.network.mac: `52:54:00:aa:00:01` is the card's address of `a` too";
      wrong = two { network.mac = "52:54:00:AA:00:01"; } { network.mac = "52-54-00-aa-00-01"; };
      right = two { network.mac = "52:54:00:aa:00:01"; } { network.mac = "52:54:00:aa:00:02"; };
    };
    one-tap = {
      says = "b.network.tap: `vm0` is the interface of `a` too";
      wrong = two (tap "vm0") (tap "vm0");
      right = two (tap "vm0") { network = bridge; };
    };
    one-port = {
      says = "b.display.vnc: `a` listens on the host's port tcp 5901 too";
      wrong = two (port 5901) { display.vnc.port = 5901; };
      right = two (port 5900) { display.vnc.port = 5901; };
    };
    one-port-of-all-addresses = {
      says = "b.network.forwardPorts: `a` listens on the host's port tcp 13389 too";
      wrong = two (portOf "0.0.0.0" 13389) (port 13389);
      right = two (portOf "127.0.0.2" 13389) (port 13389);
    };
    microvm-off = {
      says = "office.asMicrovm: microvm.nix's host is off";
      wrong.imports = [
        (office { asMicrovm = true; })
        (microvm false)
      ];
      right.imports = [
        (office { asMicrovm = true; })
        (microvm true)
      ];
    };
    no-microvm = {
      says = "office.asMicrovm: microvm.nix's host is not there";
      wrong = office { asMicrovm = true; };
      right = office { };
    };
  };

  # What is worth a word.
  warnings = {
    one-sid = {
      says = "a, b are of one image and have one security identifier";
      wrong = two { identity.sid = "shared"; } { identity.sid = "shared"; };
      right = two { identity.sid = "shared"; } { };
    };
    keys-without-a-server = {
      says = "lucarne.machines.office.credentials: no step of the image starts `sshd`";
      wrong = office { credentials.accounts.bob.authorizedKeys = [ "ssh-ed25519 AAAA bob@home" ]; };
      right = office {
        image = withSsh;
        credentials.authorizedKeys = [ "ssh-ed25519 AAAA bob@home" ];
      };
    };
    one-pci = {
      says = "a, b have the PCI device `0000:0a:00.0`: only one of them starts while it has it";
      wrong = two { pci = [ "0A:00.0" ]; } { pci = [ "0000:0a:00.0" ]; };
      right = two { pci = [ "0a:00.0" ]; } { pci = [ "0001:0a:00.0" ]; };
    };
  };
}
