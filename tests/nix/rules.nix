# What a host's machines may not be, each once wrong and once right: the same for the double of
# NixOS and for the real one. `says` is a part of the one assertion that fails; `wrong` and `right` are
# modules. `host` is what both have.
{ image, withShares }:
let
  office = machine: { lucarne.machines.office = { inherit image; } // machine; };
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
  shared = network: {
    identity.sid = "shared";
    network = network // {
      mode = "bridge";
    };
  };
  sharedOn = bridge: shared { inherit bridge; };
  twoRouted = network: {
    imports = [ (two (shared { }) (shared { })) ];
    lucarne.network = network // {
      enable = true;
      mode = "routed";
    };
  };
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
  forwardOn = address: {
    inherit address;
    hostPort = 13389;
    guestPort = 3389;
  };
  withoutTpm = image.override { tpm = false; };
  # A layer has nothing of its own.
  more =
    image:
    image.addLayer {
      name = "more";
      steps = [ ];
    };
  # Windows does not tell upper and lower case apart in a service's name.
  withSsh = image.addLayer {
    name = "ssh";
    steps = [
      {
        name = "Listen";
        phase = "boot";
        service = {
          name = "SSHD";
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

  rules = import ./folder-rules.nix { inherit office two withShares; }
  // import ./link-rules.nix { inherit office two; }
  // {
    name = {
      says = "lucarne.machines.Office: `Office` is no name of a machine";
      wrong.lucarne.machines.Office.image = image;
      right = office { };
    };
    group = {
      says = "lucarne.group: `users:0` can be no group's name";
      wrong.imports = [
        (office { })
        { lucarne.group = "users:0"; }
      ];
      right.imports = [
        (office { })
        { lucarne.group = "machines 50%@corp.example"; }
      ];
    };
    host-of-another-processor = {
      says = "office: the host is `aarch64-linux`, and machines run on `x86_64-linux` alone";
      wrong.imports = [
        (office { })
        { nixpkgs.hostPlatform = "aarch64-linux"; }
      ];
      right = office { };
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
    # It would take the unit's next line.
    secret-with-a-backslash-at-its-end = {
      says = "office.credentials.adminPassword: no line of a unit holds the path as it is";
      wrong = office { credentials.adminPassword = "/run/secrets/office\\"; };
      right = office { credentials.adminPassword = "/run/secrets/[a b]:50%;#$"; };
    };
    secret-of-two-lines = {
      says = "office.credentials.adminPassword, identity.domainJoin: no line of a unit holds";
      wrong = office {
        identity.domainJoin = "/run/secrets/join ";
        credentials.adminPassword = "/run/secrets/office\nUser=root";
      };
      right = office { identity.domainJoin = "/run/secrets/the join"; };
    };
    secret-in-quotation-marks = {
      says = "office.credentials.accounts.bob.password: no line of a unit holds the path";
      wrong = office { credentials.accounts.bob.password = "/run/secrets/\"bob\""; };
      right = office { credentials.accounts.bob.password = "/run/secrets/bob"; };
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
    image-of-no-windows = {
      says = "office.image: `win11-debug` is no image, but lies beside one";
      wrong = office { image = image.debug; };
      right = office { image = more image; };
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
    # Where nothing is said an image has four cores and 4 GiB.
    memory-max-by-default = {
      says = "office.resources.memoryMax: QEMU needs more than the 4096 MiB of Windows";
      wrong = office { resources.memoryMax = "2G"; };
      right = office { resources.memoryMax = "5G"; };
    };
    cores-by-default = {
      says = "office.cores: 2 are fewer than the 4 of its image";
      wrong = office { cores = 2; };
      right = office { cores = 4; };
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
      says = "a, b are of one image, on one network, and have one security identifier";
      wrong = two (sharedOn "br0") (sharedOn "br0");
      right = two (sharedOn "br0") (sharedOn "br0" // { identity.sid = "own"; });
    };
    one-sid-of-other-networks = {
      says = "a, b are of one image, on one network, and have one security identifier";
      wrong = two (sharedOn "br0") (sharedOn "br0");
      right = two (sharedOn "br0") (sharedOn "br1");
    };
    one-sid-of-networks-of-their-own = {
      says = "a, b are of one image, on one network, and have one security identifier";
      wrong = two (sharedOn "br0") (sharedOn "br0");
      right = two { identity.sid = "shared"; } { identity.sid = "shared"; };
    };
    one-sid-of-machines-kept-apart = {
      says = "a, b are of one image, on one network, and have one security identifier";
      wrong = twoRouted { };
      right = twoRouted { isolation = true; };
    };
    keys-without-a-server = {
      says = "lucarne.machines.office.credentials: no step of the image starts `sshd`";
      wrong = office { credentials.accounts.bob.authorizedKeys = [ "ssh-ed25519 AAAA bob@home" ]; };
      right = office {
        image = withSsh;
        credentials.authorizedKeys = [ "ssh-ed25519 AAAA bob@home" ];
      };
    };
    firewall-of-nothing = {
      says = "lucarne.machines.office.openFirewall: it opens nothing";
      wrong = office {
        openFirewall = true;
        network.forwardPorts = [ (forwardOn "127.0.0.1") ];
      };
      right = office {
        openFirewall = true;
        network.forwardPorts = [ (forwardOn "0.0.0.0") ];
      };
    };
    one-pci = {
      says = "a, b have the PCI device `0000:0a:00.0`: only one of them starts while it has it";
      wrong = two { pci = [ "0A:00.0" ]; } { pci = [ "0000:0a:00.0" ]; };
      right = two { pci = [ "0a:00.0" ]; } { pci = [ "0001:0a:00.0" ]; };
    };
  };
}
