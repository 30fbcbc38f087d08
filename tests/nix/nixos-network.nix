# The network over the real NixOS and the real microvm.nix: every assertion with a host that fails it and
# one that does not, a host with machines of both kinds, and the units that NixOS writes against the
# texts of the pure functions.
{
  evaluate,
  image,
  lib,
  theirHost,
}:
let
  inherit (evaluate)
    failed
    host
    hostOf
    isWhole
    judged
    prefixed
    ;
  rules = import ./network/host-rules.nix { inherit image; };
  three = import ./network/three.nix { inherit image; };

  of = modules: host ([ { lucarne.network.enable = true; } ] ++ modules);
  withGuests = modules: of ([ theirHost ] ++ modules);

  ofThree = withGuests [ three.host ];
  routed = of [
    {
      lucarne.network = {
        mode = "routed";
        ipv6.prefix = "fd12::/64";
        isolation = true;
      };
      lucarne.machines.office = {
        inherit image;
        network.mode = "bridge";
      };
      networking.nftables.enable = true;
    }
  ];

  # NixOS has the sections in an order of its own.
  lines = text: lib.sort (a: b: a < b) (lib.filter (line: line != "") (lib.splitString "\n" text));
  own = lib.filterAttrs (name: _: lib.hasPrefix "05-lucarne" name);
  written = config: lib.mapAttrs (_: unit: lines unit.text) (own config.systemd.network.units);
  ours = config: lib.mapAttrs (_: lines) (own config.lucarne.network.plan.files);
in
prefixed "network-host" (_: judged (module: failed (of [ module ]))) rules.hosts
// prefixed "network-guest" (_: judged (module: failed (withGuests [ module ]))) rules.guests
// {
  network-of-three = {
    file = "tests/nix/network/three.json";
    got = three.told ofThree;
    want = lib.importJSON ./network/three.json;
  };
  network-units = {
    got = {
      three = written ofThree;
      routed = written routed;
    };
    want = {
      three = ours ofThree;
      routed = ours routed;
    };
  };
  # NixOS' own modules that make a router of a host, each with a strength of its own: the strongest
  # hides the others.
  network-beside-other-routers =
    let
      nat.networking.nat = {
        enable = true;
        enableIPv6 = true;
      };
      tailscale.services.tailscale = {
        enable = true;
        useRoutingFeatures = "server";
      };
      docker.virtualisation.docker.enable = true;
      ours.lucarne.network = {
        ipv6.prefix = "fd12::/64";
        nat.enable = true;
      };
    in
    {
      got = map (
        theirs:
        let
          config = of ([ ours ] ++ theirs);
          inherit (config.boot.kernel) sysctl;
        in
        {
          failed = failed config;
          forwarding4 = sysctl."net.ipv4.conf.all.forwarding";
          forwarding6 = sysctl."net.ipv6.conf.all.forwarding";
          heard = sysctl."net.ipv6.conf.default.accept_ra";
        }
      ) [
        [ docker ]
        [ nat ]
        [ tailscale ]
        [ docker nat tailscale ]
        [ { boot.kernel.sysctl."net.ipv6.conf.default.accept_ra" = 0; } ]
      ];
      want = map (heard: {
        failed = [ ];
        forwarding4 = true;
        forwarding6 = true;
        inherit heard;
      }) [ 2 2 2 2 0 ];
    };
  # On a host without Windows machines the network's module is enough.
  network-alone =
    let
      config = hostOf [
        ../../nix/modules/network
        theirHost
        {
          lucarne.network.enable = true;
          microvm.vms.web.config = {
            imports = [ ../../nix/modules/microvm-guest ];
            lucarne.microvm.guest.enable = true;
          };
        }
      ];
    in
    {
      got = {
        failed = failed config;
        machines = lib.attrNames config.lucarne.network.registry;
        whole = isWhole config;
      };
      want = {
        failed = [ ];
        machines = [ "web" ];
        whole = true;
      };
    };
  network-whole = {
    got = {
      three = isWhole ofThree;
      routed = isWhole routed;
      failed = failed routed;
      table = routed.networking.nftables.tables ? lucarne;
      services = lib.filter (lib.hasSuffix "-lucarne") (lib.attrNames ofThree.systemd.services);
    };
    want = {
      three = true;
      routed = true;
      failed = [ ];
      table = true;
      services = [
        "dnsmasq-lucarne"
        "nftables-lucarne"
      ];
    };
  };
}
