# Guests and hosts over doubles of nixpkgs, of NixOS and of microvm.nix: of the two latter the options
# that our modules read or define, and what these do where a check hangs on it. The same as evaluate.nix
# has over the real ones, as far as it goes.
let
  lib = import ../nixpkgs/lib.nix;
  pkgs = import ../nixpkgs { };
  inherit (lib) mkOption types;
  free = default: type: mkOption { inherit default type; };
  sets = free { } (types.attrsOf types.anything);
  list = free [ ] (types.listOf types.anything);
  service.options = {
    overrideStrategy = maybe null;
    serviceConfig = sets;
  };
  # A value of whatever type, or none.
  maybe = default: free default types.anything;

  nixos.options = {
    assertions = list;
    warnings = list;
    environment = {
      etc = free { } (
        types.attrsOf (
          types.submodule {
            # Two that are said make a file of two lines.
            options.text = mkOption { type = types.lines; };
          }
        )
      );
      systemPackages = free [ ] (types.listOf types.package);
    };
    fileSystems = sets;
    networking = {
      defaultGateway = maybe null;
      dhcpcd.denyInterfaces = list;
      firewall.interfaces = sets;
      hostName = free "host" types.str;
      nat = maybe { };
      networkmanager.unmanaged = list;
    };
    security.wrappers = sets;
    services = {
      journald.storage = free "persistent" types.str;
      openssh.hostKeys = list;
      resolved = {
        enable = free false types.bool;
        settings = maybe { };
      };
    };
    system.activationScripts = sets;
    systemd = {
      network = {
        enable = free false types.bool;
        wait-online.enable = free true types.bool;
        netdevs = sets;
        networks = sets;
      };
      services = free { } (types.attrsOf (types.submodule service));
      slices = sets;
      tmpfiles.settings = sets;
    };
  };

  # That project's guest. Its runner stands for all that it would be made of.
  theirGuest =
    { config, ... }:
    {
      options.microvm = {
        balloon = free false types.bool;
        cpu = maybe null;
        credentialFiles = maybe { };
        declaredRunner = free pkgs.qemu_kvm types.package;
        devices = list;
        graphics.enable = free false types.bool;
        hugepageMem = free false types.bool;
        qemu.machine = free "microvm" types.str;
        guest.enable = free true types.bool;
        hotplugMem = free 0 types.anything;
        hypervisor = free "qemu" types.str;
        initialBalloonMem = free 0 types.anything;
        interfaces = list;
        machineId = maybe (machineIdOf config.networking.hostName);
        mem = free 512 types.ints.positive;
        preStart = free "" types.lines;
        shares = list;
        socket = maybe "${config.networking.hostName}.sock";
        user = maybe null;
        vcpu = free 1 types.ints.positive;
        volumes = list;
        vsock.cid = maybe null;
        writableStoreOverlay = maybe null;
      };
      config = {
        environment.etc = lib.mkIf (config.microvm.machineId != null) {
          machine-id.text =
            builtins.replaceStrings [ "-" ] [ "" ] config.microvm.machineId + "\n";
        };
        # Of its assertions the one that a host name can fail.
        assertions = map (interface: {
          assertion = builtins.stringLength interface.id <= 15;
          message = "MicroVM: interface name ${interface.id} is longer than 15 characters";
        }) config.microvm.interfaces;
      };
    };
  machineIdOf =
    hostName:
    let
      hash = builtins.hashString "sha256" "microvm.nix:${hostName}";
      part = from: length: builtins.substring from length hash;
    in
    lib.concatStringsSep "-" [
      (part 0 8)
      (part 8 4)
      (part 12 4)
      (part 16 4)
      (part 20 12)
    ];

  evaluate = modules: import ../nixpkgs/modules.nix lib "" ([ nixos ] ++ modules) { inherit pkgs; };
  named = name: { networking.hostName = lib.mkDefault name; };

  # That project's host: its guests are evaluated as they are declared.
  vm =
    { name, ... }:
    {
      options = {
        config = mkOption {
          default = null;
          type = types.nullOr (
            types.anything
            // {
              merge = _: modules: evaluate ([ theirGuest (named name) ] ++ modules);
            }
          );
        };
        evaluatedConfig = maybe null;
        flake = maybe null;
      };
    };
  theirHost.options.microvm = {
    stateDir = free "/var/lib/microvms" types.str;
    vms = free { } (types.attrsOf (types.submodule vm));
  };

  failed = config: map (it: it.message) (lib.filter (it: !it.assertion) config.assertions);
in
rec {
  inherit
    failed
    lib
    theirGuest
    theirHost
    ;
  compat = ../../../nix/modules/provision-compat.nix;

  guestOf = modules: (evaluate ([ theirGuest (named "office") ] ++ modules)).config;
  hostOf = modules: (evaluate modules).config;
  guest =
    modules:
    guestOf (
      [
        ../../../nix/modules/microvm-guest
        { lucarne.microvm.guest.enable = true; }
      ]
      ++ modules
    );
  host =
    modules:
    hostOf (
      [
        ../../../nix/modules/microvm-host
        {
          lucarne.microvm.host = {
            enable = true;
            network.basic.enable = true;
          };
        }
      ]
      ++ modules
    );

  runs = config: (builtins.tryEval config.microvm.declaredRunner.drvPath).success;
}
