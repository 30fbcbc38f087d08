# What the host has for its machines: a group, the command line, rules for devices, the firewall.
{ config, lib, ... }:
let
  cfg = config.lucarne;
  machines = lib.attrValues cfg.machines;
  any = has: lib.any has machines;
  onBridge = any (machine: machine.network.mode == "bridge");

  openOf = import ./open.nix lib;
  open = lib.concatMap (machine: lib.optionals machine.openFirewall (openOf machine)) machines;
  portsOf = protocol: map (it: it.port) (lib.filter (it: it.protocol == protocol) open);

  toKvm = match: ''${match}, GROUP="kvm", MODE="0660"'';
  usb = lib.concatMap (machine: machine.usb) machines;
  rules =
    map (
      { vendor, product }:
      toKvm (
        ''SUBSYSTEM=="usb", ATTR{idVendor}=="${lib.toLower vendor}", ''
        + ''ATTR{idProduct}=="${lib.toLower product}"''
      )
    ) usb
    ++ lib.optional (any (machine: machine.pci != [ ])) (toKvm ''SUBSYSTEM=="vfio"'');
in
{
  config = lib.mkIf (cfg.machines != { }) {
    environment.systemPackages = [ cfg.package ];
    users.groups.${cfg.group} = { };
    networking.firewall = {
      allowedTCPPorts = portsOf "tcp";
      allowedUDPPorts = portsOf "udp";
    };
    # Their devices are there before somebody opens them.
    boot.kernelModules = lib.optionals onBridge [
      "tun"
      "vhost_net"
    ];
    services.udev.extraRules = lib.mkIf (rules != [ ]) (
      lib.concatMapStrings (rule: rule + "\n") (lib.unique rules)
    );
  };
}
