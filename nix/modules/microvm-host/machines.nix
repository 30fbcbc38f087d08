# Where `lucarne.machines` are on the same host: their TAP interfaces have names that guests' have too,
# and networkd would take them off the bridges that they were put on.
{ config, lib, ... }:
let
  inherit (config.lucarne.microvm.host) enable network;
  machines = lib.attrValues (config.lucarne.machines or { });
  taps = map (machine: machine.network.tap) (
    lib.filter (machine: machine.network.mode == "bridge") machines
  );
in
{
  # The first file that matches an interface is its own: this one is before the guests'.
  config.systemd.network.networks."10-lucarne-machines" =
    lib.mkIf (enable && network.basic.enable && taps != [ ])
      {
        matchConfig.Name = lib.concatStringsSep " " taps;
        linkConfig.Unmanaged = true;
      };
}
