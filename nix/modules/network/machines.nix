# What the network says of Windows machines goes to them.
{ config, lib, ... }:
let
  cfg = config.lucarne.network;
in
{
  options.lucarne.machines = lib.mkOption {
    type = lib.types.attrsOf (
      lib.types.submodule (
        { config, name, ... }:
        let
          said = cfg.machines.${name} or { };
          isSaid = option: cfg.enable && (said.enable or true) && said.${option} or null != null;
        in
        {
          network = {
            # Nothing else is meant by a bridge without a name.
            bridge = lib.mkIf (cfg.enable && cfg.mode == "bridged" && config.network.mode == "bridge") (
              lib.mkDefault cfg.bridge
            );
            mac = lib.mkIf (isSaid "mac") said.mac;
            tap = lib.mkIf (isSaid "tap") said.tap;
          };
        }
      )
    );
  };
}
