# What comes of the network: names go in, and values come out. Of guests their names are all that is
# read: who takes his address from here could not be asked for it.
{
  config,
  lib,
  options,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.network;

  windows = config.lucarne.machines or { };
  onBridge =
    machine:
    machine.network.mode == "bridge"
    && machine.network.bridge == (if cfg.mode == "routed" then null else cfg.bridge);
  # A machine that microvm.nix' host runs is in both.
  guests = lib.filter (name: !(windows ? ${name})) (
    lib.optionals (options ? microvm.vms) (lib.attrNames config.microvm.vms)
  );
  isHere = name: cfg.machines.${name}.enable or true;
  said =
    name:
    removeAttrs (cfg.machines.${name} or { }) [
      "_module"
      "enable"
    ];

  registered =
    lib.mapAttrs (
      name: machine:
      said name
      // {
        inherit (machine.network) mac tap;
      }
    ) (lib.filterAttrs (_: onBridge) windows)
    // lib.genAttrs guests (name: { tapPrefix = "vmch-"; } // said name);
  others = lib.mapAttrs (name: _: said name) (
    removeAttrs cfg.machines (lib.attrNames windows ++ guests)
  );
  plan = import ../../lib/network {
    machines = lib.filterAttrs (name: _: isHere name) (others // registered);
    inherit (cfg)
      bridge
      isolation
      mode
      nat
      server
      strictAddresses
      ;
    inherit (cfg.ipv4) subnet;
    inherit (cfg.ipv6) prefix;
    inherit (cfg.dhcp) leaseTimeSec;
    dhcp = cfg.dhcp.enable;
    domain = if cfg.dns.enable then cfg.dns.domain else null;
    dnsServers = cfg.dns.servers;
    forwards = map (
      forward:
      forward
      // {
        machinePort = if forward.machinePort == null then forward.port else forward.machinePort;
      }
    ) cfg.forwards;
  };
in
{
  options.lucarne.network = {
    plan = mkOption {
      type = types.raw;
      readOnly = true;
      default = plan;
      defaultText = lib.literalMD "what `nix/lib/network` makes of these options";
      example = lib.literalExpression "config.lucarne.network.plan.files.\"dnsmasq.conf\"";
      description = ''
        What comes of the network, to be read: `files` are the texts of its programs.
      '';
    };
    registry = mkOption {
      type = types.raw;
      readOnly = true;
      default = plan.registry.machines;
      defaultText = lib.literalMD "each machine by its name";
      example = lib.literalExpression "config.lucarne.network.registry.office.address";
      description = ''
        Each machine by its name, to be read: `{ address, address6, cid, hostName, mac, tap }`.
      '';
    };
  };
}
