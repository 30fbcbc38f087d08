# A machine that the real host of microvm.nix runs: its module as it is, and ours beside it.
{
  failed,
  host,
  image,
  isWhole,
  lib,
  lines,
  microvm,
  unit,
}:
let
  config = host [
    microvm
    {
      networking.bridges.br0.interfaces = [ ];
      lucarne.machines.office = {
        inherit image;
        asMicrovm = true;
        network = {
          mode = "bridge";
          bridge = "br0";
        };
        credentials.adminPassword = "/run/secrets/office";
      };
    }
  ];
  # Whose credentials are somebody else's business.
  alone = host [
    microvm
    {
      microvm.vms.office.evaluatedConfig = config.lucarne.machines.office.runner.asMicrovm;
    }
  ];
  runner = "${config.lucarne.machines.office.runner}";
  has = text: wanted: lib.filter (line: !lib.elem line (lines text)) wanted;
in
{
  microvm-host = {
    got = {
      whole = isWhole config;
      failed = failed config;
      # It has no service beside that host's.
      services = lib.filter (lib.hasInfix "office") (lib.attrNames config.systemd.services);
      target = lib.hasInfix "microvm@office.service" (unit config "microvms.target");
      install = lib.filter (lib.hasInfix "ln -sTf") (
        lines config.systemd.services.install-microvm-office.script
      );
      missing = has (unit config "microvm@office.service") [
        "Type=notify"
        "Environment=LUCARNE_GROUP=lucarne"
        "Group=lucarne"
        "LoadCredential=password-Administrator:/run/secrets/office"
        "Restart=on-failure"
        "RuntimeDirectoryMode=0710"
        "WatchdogSec=300"
        "StateDirectory=lucarne/office"
        "RuntimeDirectory=lucarne/office"
        "KillMode=mixed"
        "TimeoutStopSec=150"
        "ProtectSystem=strict"
        "CapabilityBoundingSet="
      ];
      # Whoever runs it, what is started and how is that host's.
      own = lib.filter (
        line: lib.any (setting: lib.hasPrefix setting line) [
          "ExecStart="
          "ExecStop="
          "User="
          "DynamicUser="
        ]
      ) (lines (unit config "microvm@office.service"));
      bridge = has (unit config "microvm-tap-interfaces@office.service") [
        "After=sys-subsystem-net-devices-br0.device"
      ];
    };
    want = {
      whole = true;
      failed = [ ];
      services = [
        "install-microvm-office"
        "microvm-pci-devices@office"
        "microvm-tap-interfaces@office"
        "microvm-virtiofsd@office"
        "microvm@office"
      ];
      target = true;
      install = [
        "ln -sTf ${runner} current"
        "ln -sTf ${runner} toplevel"
      ];
      missing = [ ];
      own = [ ];
      bridge = [ ];
    };
  };
  # The runner is enough for that host, without our module's part.
  microvm-without-our-module = {
    got = {
      whole = isWhole alone;
      failed = failed alone;
    };
    want = {
      whole = true;
      failed = [ ];
    };
  };
}
