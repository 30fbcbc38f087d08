# The host's part: interfaces and bridge of networkd, the firewall, forwarding, names.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.lucarne.network;
  inherit (cfg) plan;
  isWaitedFor = import ../is-waited-for.nix;
  hasRules = plan.nftables != null;
  # Machines that are kept apart are no reason to pass on what others send.
  routes = cfg.mode == "routed" || cfg.nat.enable || cfg.forwards != [ ];
  # Who loads tables by himself is not to flush ours.
  byNixos = config.networking.nftables.enable;
  rules = pkgs.writeText "lucarne-network.nft" plan.files."network.nft";
  nft = "${pkgs.nftables}/bin/nft";
  # NixOS takes no two of one strength for a setting of the kernel's, and its own modules say this
  # one with 97 (Tailscale), 98 (Docker) and 99 (NAT).
  forwarded = lib.mkOverride 96 true;
  # Routed, the one are the other.
  interfaces = lib.optional (cfg.mode == "bridged") cfg.bridge ++ plan.taps;
in
{
  config = lib.mkIf cfg.enable {
    systemd.network = {
      # Without it there are only files that nobody reads.
      enable = true;
      inherit (plan.networkd) netdevs networks;
      # None of ours is waited for; another one may be what the host is online by.
      wait-online.enable = lib.mkIf (
        !lib.any isWaitedFor (lib.attrValues config.systemd.network.networks)
      ) (lib.mkDefault false);
    };
    # They would take the bridge and each machine's interface for networks of their own.
    networking.networkmanager.unmanaged = map (name: "interface-name:${name}") interfaces;
    networking.dhcpcd.denyInterfaces = interfaces;

    networking.firewall.interfaces = lib.genAttrs plan.interfaces (_: plan.ports);
    # Where NixOS' firewall filters what is routed, nobody else's word lets anything through.
    networking.firewall.extraForwardRules =
      lib.mkIf ((cfg.nat.enable || cfg.mode == "routed") && plan.interfaces != [ ])
        "iifname { ${lib.concatMapStringsSep ", " (name: "\"${name}\"") plan.interfaces} } accept\n";
    networking.hosts = plan.hosts;

    boot.kernel.sysctl = lib.mkIf routes (
      {
        "net.ipv4.conf.all.forwarding" = forwarded;
      }
      // lib.optionalAttrs (cfg.ipv6.prefix != null) {
        "net.ipv6.conf.all.forwarding" = forwarded;
        # Else the kernel, a router itself, hears no other one, and the way out that it learned from
        # one ends (`accept_ra` in its ip-sysctl). What the host says itself of it stays.
        "net.ipv6.conf.all.accept_ra" = lib.mkDefault 2;
        "net.ipv6.conf.default.accept_ra" = lib.mkDefault 2;
      }
    );

    networking.nftables.tables = lib.mkIf (hasRules && byNixos) {
      lucarne = {
        family = "inet";
        content = plan.nftables;
      };
    };
    # Beside whatever the firewall is made of, and like one before there is a network at all:
    # machines that are kept apart are so from the first packet on.
    systemd.services.nftables-lucarne = lib.mkIf (hasRules && !byNixos) {
      description = "Rules of the machines' network";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-pre.target" ];
      after = [ "sysinit.target" ];
      before = [
        "network-pre.target"
        "shutdown.target"
      ];
      conflicts = [ "shutdown.target" ];
      unitConfig.DefaultDependencies = false;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${nft} --file ${rules}";
        ExecStop = "${nft} delete table inet lucarne";
      };
    };
  };
}
