# A host with so many Windows machines on one network, over the double of NixOS: every lease, every unit
# and every assertion is asked for. -> how many bytes that is.
{
  count,
  # Of the subnet's prefix.
  length ? 16,
}:
let
  inherit (import ../tests/nix/host.nix) host;
  image = (import ../tests/nix/cases.nix).minimal.image;
  config =
    (host [
      {
        lucarne.network = {
          enable = true;
          ipv4.subnet = "10.213.0.1/${toString length}";
          ipv6.prefix = "fd12:3456:789a::/64";
          isolation = true;
          nat.enable = true;
        };
        lucarne.machines = builtins.listToAttrs (
          builtins.genList (n: {
            name = "machine-${toString n}";
            value = {
              inherit image;
              identity.sid = "own";
              network.mode = "bridge";
            };
          }) count
        );
      }
    ]).config;
  failed = builtins.filter (it: !it.assertion) config.assertions;
in
assert failed == [ ];
builtins.stringLength (
  builtins.unsafeDiscardStringContext (
    builtins.toJSON {
      inherit (config) warnings;
      inherit (config.lucarne.network) registry;
      inherit (config.lucarne.network.plan) files;
      inherit (config.systemd) network services;
    }
  )
)
