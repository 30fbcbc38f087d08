# A host with a network over the doubles, as a check starts it on a host of its own: its files,
# units and settings. `network` is `lucarne.network`; `windows` and `guests` name machines of ours
# and of microvm.nix' host.
{
  network,
  windows,
  guests,
}:
let
  inherit (import ../host.nix) host lib;
  inherit (import ../guests/double.nix) theirHost;
  inherit ((import ../cases.nix).minimal) image;

  inherit
    (host [
      theirHost
      {
        lucarne = {
          network = network // {
            enable = true;
          };
          machines = lib.genAttrs windows (_: {
            inherit image;
            network.mode = "bridge";
          });
        };
        microvm.vms = lib.genAttrs guests (_: {
          config = {
            imports = [ ../../../nix/modules/microvm-guest ];
            lucarne.microvm.guest.enable = true;
          };
        });
      }
    ])
    config
    ;
  inherit (config.lucarne.network) plan registry;
  # Of the doubles' services these alone are the network's.
  own = lib.filterAttrs (name: _: builtins.match ".*-lucarne" name != null) config.systemd.services;
in
{
  failed = map (it: it.message) (lib.filter (it: !it.assertion) config.assertions);
  inherit registry;
  inherit (plan) files server;
  inherit (config.boot.kernel) sysctl;
  inherit (config.networking) hosts;
  firewall = config.networking.firewall.interfaces;
  services = builtins.mapAttrs (_: service: {
    command = service.serviceConfig.ExecStart;
    text = import ../unit-text.nix ({ wants = [ ]; } // service);
  }) own;
}
