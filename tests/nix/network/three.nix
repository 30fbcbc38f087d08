# A host with a Windows machine, a guest of ours and a guest of somebody else's, and what it has for them.
{ image }:
{
  host =
    { config, ... }:
    {
      lucarne.network = {
        enable = true;
        ipv6.prefix = "fd12:3456:789a::/64";
        isolation = true;
        nat.enable = true;
        forwards = [
          {
            port = 13389;
            machine = "office";
            machinePort = 3389;
          }
        ];
        machines.office.address = "10.213.0.10";
      };
      lucarne.machines.office = {
        inherit image;
        network.mode = "bridge";
      };
      microvm.vms = {
        web.config = {
          imports = [ ../../../nix/modules/microvm-guest ];
          lucarne.microvm.guest.enable = true;
        };
        # It takes its values from the registry.
        db.config.microvm = {
          interfaces = [
            {
              type = "tap";
              id = config.lucarne.network.registry.db.tap;
              inherit (config.lucarne.network.registry.db) mac;
            }
          ];
          vsock.cid = config.lucarne.network.registry.db.cid;
        };
      };
    };

  told = config: {
    failed = map (it: it.message) (builtins.filter (it: !it.assertion) config.assertions);
    # NixOS has one of its own.
    warnings = builtins.filter (text: builtins.match "lucarne.*" text != null) config.warnings;
    inherit (config.lucarne.network) registry;
    machine = config.lucarne.machines.office.spec.network;
    files = builtins.mapAttrs (
      _: text: builtins.filter builtins.isString (builtins.split "\n" text)
    ) config.lucarne.network.plan.files;
    document = builtins.fromJSON config.environment.etc."xdg/lucarne/network.json".text;
    hosts = builtins.intersectAttrs config.lucarne.network.plan.hosts config.networking.hosts;
    firewall = {
      inherit (config.networking.firewall.interfaces.lucarne) allowedTCPPorts allowedUDPPorts;
    };
  };
}
