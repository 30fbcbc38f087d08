# dnsmasq as a service of its own: one that the host has beside it stays as it is.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.lucarne.network;
  configuration = pkgs.writeText "lucarne-dnsmasq.conf" cfg.plan.dnsmasq;
  rights = [
    # Ports 53 and 67.
    "CAP_NET_BIND_SERVICE"
    # Answers to who has no address yet.
    "CAP_NET_ADMIN"
    "CAP_NET_RAW"
  ];
in
{
  config = lib.mkIf (cfg.enable && cfg.plan.dnsmasq != null) {
    systemd.services.dnsmasq-lucarne = {
      description = "Addresses and names of machines";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      serviceConfig = import ../../lib/machine/confined.nix // {
        Type = "exec";
        ExecStart = "${pkgs.dnsmasq}/bin/dnsmasq --keep-in-foreground --conf-file=${configuration}";
        Restart = "on-failure";
        RestartSec = 5;
        DynamicUser = true;
        StateDirectory = "lucarne-network";
        RuntimeDirectory = "lucarne-network";
        # The capabilities are the host's.
        PrivateUsers = false;
        CapabilityBoundingSet = rights;
        AmbientCapabilities = rights;
        PrivateDevices = true;
        ProtectHome = true;
        ProtectProc = "invisible";
        MemoryDenyWriteExecute = true;
        SystemCallFilter = [ "@system-service" ];
        RestrictAddressFamilies = [
          "AF_UNIX"
          "AF_INET"
          "AF_INET6"
          "AF_NETLINK"
          "AF_PACKET"
        ];
      };
    };
  };
}
