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
          isHere = cfg.enable && said.enable or true;
          isSaid = option: isHere && said.${option} or null != null;
        in
        {
          network = {
            # Nothing else is meant by a bridge without a name, but of one that is left out: it would be
            # among the others after all, unknown and not kept apart.
            bridge = lib.mkIf (isHere && cfg.mode == "bridged" && config.network.mode == "bridge") (
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
