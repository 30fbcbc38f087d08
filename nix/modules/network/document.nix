# The network as `lucarne ctl list` reads it (src/instance/network.rs). It holds no secret.
{
  config,
  lib,
  options,
  ...
}:
let
  cfg = config.lucarne.network;
  guests = lib.optionalAttrs (options ? microvm.vms) config.microvm.vms;
  kind =
    name:
    if (config.lucarne.machines or { }) ? ${name} then
      "windows"
    else if guests ? ${name} then
      "microvm"
    else
      "other";
in
{
  config = lib.mkIf cfg.enable {
    environment.etc."xdg/lucarne/network.json".text = builtins.toJSON {
      schema = "lucarne.network/1";
      machines = lib.mapAttrs (name: machine: {
        inherit (machine)
          address
          address6
          mac
          tap
          ;
        kind = kind name;
      }) cfg.registry;
    };
  };
}
