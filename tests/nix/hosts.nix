# What a host has for its machines, over the doubles of nixpkgs and NixOS: services, credentials,
# rules of udev and the firewall, what microvm.nix's host gets, and the machine's derivation.
{ windows }:
let
  inherit (import ./host.nix) host microvm;
  inherit (builtins) attrNames mapAttrs;
  normal = import ./normal.nix;
  unit = import ../../nix/lib/machine/unit.nix;

  image = (import ./cases.nix).minimal.image;
  br0.networking.bridges.br0.interfaces = [ ];
  of = module: (host [ br0 module ]).config;
  office = options: { lucarne.machines.office = { inherit image; } // options; };
  machine = options: (of (office options)).lucarne.machines.office;
  full = of {
    lucarne.machines.office = {
      inherit image;
    }
    // import ../machines/nixos-full/case.nix;
  };

  # Only what is said of a machine, for two.
  both = of {
    lucarne.machines = {
      office = {
        inherit image;
        network = {
          mode = "bridge";
          bridge = "br0";
        };
        restartIfChanged = true;
        usb = [
          {
            vendor = "046D";
            product = "c52b";
          }
        ];
      };
      play = {
        inherit image;
        autoStart = false;
        openFirewall = true;
        network.forwardPorts = [
          {
            address = "0.0.0.0";
            hostPort = 13389;
            guestPort = 3389;
          }
          {
            hostPort = 13390;
            guestPort = 3389;
          }
        ];
      };
    };
  };
  service = config: name: config.systemd.services.${name};

  underMicrovm =
    (host [
      br0
      microvm
      {
        lucarne.machines.office = {
          inherit image;
          asMicrovm = true;
          autoStart = false;
          network = {
            mode = "bridge";
            bridge = "br0";
          };
          credentials.adminPassword = "/run/secrets/office";
          shares.documents.path = "/srv/documents";
        };
      }
    ]).config;
in
{
  host-of-machines = {
    got = {
      inherit (both.networking.firewall) allowedTCPPorts allowedUDPPorts;
      inherit (both.boot) kernelModules;
      groups = attrNames both.users.groups;
      udev = both.services.udev.extraRules;
      services = mapAttrs (_: service: {
        inherit (service) restartIfChanged wantedBy;
        inherit (service.serviceConfig) Group;
      }) both.systemd.services;
      target = both.systemd.targets.lucarne;
    };
    want = {
      allowedTCPPorts = [ 13389 ];
      allowedUDPPorts = [ ];
      kernelModules = [
        "tun"
        "vhost_net"
      ];
      groups = [ "lucarne" ];
      udev =
        "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"046d\", ATTR{idProduct}==\"c52b\","
        + " GROUP=\"kvm\", MODE=\"0660\"\n";
      services = {
        lucarne-office = {
          restartIfChanged = true;
          wantedBy = [ "lucarne.target" ];
          Group = "lucarne";
        };
        lucarne-play = {
          restartIfChanged = false;
          wantedBy = [ ];
          Group = "lucarne";
        };
      };
      target = {
        description = "Windows machines";
        wantedBy = [ "multi-user.target" ];
        conflicts = [ "shutdown.target" ];
        before = [ "shutdown.target" ];
        unitConfig.DefaultDependencies = false;
      };
    };
  };
  a-host-without-machines-has-nothing = {
    got =
      let
        config = of { };
      in
      {
        failed = builtins.filter (it: !it.assertion) config.assertions;
        inherit (config) warnings;
        inherit (config.systemd) services targets;
        inherit (config.users) groups;
      };
    want = {
      failed = [ ];
      warnings = [ ];
      services = { };
      targets = { };
      groups = { };
    };
  };
  # Secrets are files by name, and no text of theirs is anywhere.
  secrets-are-credentials = {
    got = {
      inherit ((service full "lucarne-office").serviceConfig) LoadCredential;
      accounts = map (
        group:
        (machine {
          image = image.override { users.ada.groups = [ group ]; };
        }).credentials.adminAccount
      ) [ "Administrators" "aDMINISTRATORS" "Users" ];
    };
    want = {
      LoadCredential = [
        "certificate-1:/run/secrets/client.pfx"
        "domain-join:/run/secrets/join"
        "password-9d14109bf60e1c6f:/run/secrets/mueller"
        "password-alice:/run/secrets/alice"
      ];
      accounts = [
        "ada"
        "ada"
        "Administrator"
      ];
    };
  };

  # An account that is said at both places loses nothing of either.
  an-administrator-among-the-accounts = {
    got =
      map
        (
          credentials:
          let
            config = of (office { inherit credentials; });
          in
          {
            inherit (config.lucarne.machines.office.spec.guest) accounts;
            inherit ((service config "lucarne-office").serviceConfig) LoadCredential;
          }
        )
        [
          {
            adminAccount = "alice";
            adminPassword = "/run/secrets/office";
            authorizedKeys = [ "one" ];
            accounts.alice.authorizedKeys = [
              "one"
              "two"
            ];
          }
          {
            adminAccount = "alice";
            authorizedKeys = [
              "one"
              "two"
            ];
            accounts.alice.password = "/run/secrets/office";
          }
        ];
    want =
      let
        alice = {
          accounts = [
            {
              name = "alice";
              authorizedKeys = [
                "one"
                "two"
              ];
              passwordCredential = "password-alice";
            }
          ];
          LoadCredential = [ "password-alice:/run/secrets/office" ];
        };
      in
      [
        alice
        alice
      ];
  };

  # What the host of microvm.nix is given.
  under-microvm = {
    got = {
      services = attrNames underMicrovm.systemd.services;
      after = (service underMicrovm "microvm-tap-interfaces@office").after;
      inherit (service underMicrovm "microvm@office") serviceConfig unitConfig;
      vm = {
        inherit (underMicrovm.microvm.vms.office) autostart restartIfChanged;
        inherit (underMicrovm.microvm.vms.office.evaluatedConfig.config.microvm.declaredRunner)
          canShutdown
          hypervisor
          machineId
          registerWithMachined
          supportsNotifySocket
          tapMultiQueue
          ;
      };
    };
    want = {
      services = [
        "microvm-tap-interfaces@office"
        "microvm@office"
      ];
      after = [ "sys-subsystem-net-devices-br0.device" ];
      unitConfig = {
        AssertPathExists = [ "/run/secrets/office" ];
        RequiresMountsFor = [ "/srv/documents" ];
      };
      serviceConfig =
        removeAttrs
          (unit (
            (import ./shapes.nix).microvm
            // {
              group = "lucarne";
              machine = underMicrovm.lucarne.machines.office.spec;
              credentials.password-Administrator = "/run/secrets/office";
            }
          )).serviceConfig
          [
            "DynamicUser"
            "ExecStart"
            "ExecStopPost"
            "NotifyAccess"
            "Type"
          ];
      vm = {
        autostart = false;
        restartIfChanged = false;
        canShutdown = true;
        hypervisor = "qemu";
        machineId = null;
        registerWithMachined = false;
        supportsNotifySocket = true;
        tapMultiQueue = false;
      };
    };
  };

  # The machine is a derivation whose builder is the program, and which has the image and no more.
  a-machine-is-a-derivation = {
    got =
      let
        drv = windows.makeMachine {
          name = "office";
          inherit image;
          dataDisk = null;
        };
        elsewhere = windows.makeMachine {
          name = "office";
          image = "/srv/images/windows-11";
        };
      in
      {
        inherit (drv.drvAttrs)
          __structuredAttrs
          allowSubstitutes
          args
          imageIsHere
          name
          ;
        tools = attrNames drv.drvAttrs.tools;
        machine = normal drv.drvAttrs.machine;
        elsewhere = elsewhere.drvAttrs.imageIsHere;
      };
    want = {
      __structuredAttrs = true;
      allowSubstitutes = false;
      args = [ "build-machine" ];
      imageIsHere = true;
      name = "lucarne-machine-office";
      tools = [
        "code"
        "ip"
        "qemu"
        "qemuImg"
        "qemuIo"
        "qemuNbd"
        "swtpm"
        "vars"
        "varsMs"
        "virtiofsd"
        "wimlib"
      ];
      machine = {
        schema = "lucarne.machine/1";
        name = "office";
        image = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-win11-image";
      };
      elsewhere = false;
    };
  };
}
