# Systems over the real NixOS and the real microvm.nix: a guest, a host, and what is told of them.
{
  lib,
  microvm,
  nixpkgs,
}:
let
  systems = import ../systems.nix { inherit lib nixpkgs; };
  inherit (systems)
    evaluate
    failed
    hostOf
    isWhole
    ;
in
systems
// rec {
  theirGuest = microvm + "/nixos-modules/microvm";
  theirHost = microvm + "/nixos-modules/host";
  compat = ../../../nix/modules/provision-compat.nix;

  guestOf =
    modules: (evaluate ([ theirGuest { networking.hostName = lib.mkDefault "office"; } ] ++ modules)).config;

  # One of ours, enabled.
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

  golden = name: got: {
    file = "tests/nix/guests/${name}.json";
    got = builtins.fromJSON (builtins.toJSON got);
    want =
      if builtins.pathExists (./. + "/${name}.json") then lib.importJSON (./. + "/${name}.json") else null;
  };

  # What of a host's configuration is about its guests.
  network = config: {
    failed = failed config;
    firewall = {
      inherit (config.networking.firewall.interfaces.microvm) allowedTCPPorts allowedUDPPorts;
    };
    nat = {
      inherit (config.networking.nat)
        enable
        enableIPv6
        externalInterface
        internalInterfaces
        ;
    };
    networkd = config.systemd.network.enable;
    unmanaged = config.networking.networkmanager.unmanaged;
    denied = lib.filter (lib.hasInfix "vm") config.networking.dhcpcd.denyInterfaces;
    waitsForOnline = config.systemd.network.wait-online.enable;
    units = lib.mapAttrs (_: unit: lib.splitString "\n" unit.text) (
      lib.filterAttrs (name: _: lib.hasInfix "microvm" name) config.systemd.network.units
    );
  };

  # What of a guest's configuration is microvm.nix' and what comes of it.
  hardware = config: {
    failed = failed config;
    inherit (config.microvm)
      hypervisor
      mem
      shares
      socket
      vcpu
      volumes
      writableStoreOverlay
      ;
    interfaces = map (it: { inherit (it) bridge id mac type; }) config.microvm.interfaces;
    cid = config.microvm.vsock.cid;
    machineId = config.environment.etc.machine-id.text;
    runner = runs config;
    whole = isWhole config;
    fileSystems = lib.mapAttrs (_: it: {
      inherit (it) fsType neededForBoot options;
      device = toString it.device;
    }) config.fileSystems;
  };

  # What a guest keeps, and how.
  kept =
    config:
    removeAttrs (hardware config) [
      "interfaces"
      "machineId"
      "socket"
    ]
    // {
      journal = config.services.journald.storage;
      hostKeys = map (key: key.path) config.services.openssh.hostKeys;
      # The packages' paths are the double's.
      script = map (line: lib.last (lib.splitString "/bin/" line)) (
        lib.filter (lib.hasInfix "/bin/") (
          lib.splitString "\n" (config.system.activationScripts.lucarnePersist.text or "")
        )
      );
    };
}
