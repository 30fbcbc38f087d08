# Every script of every hypervisor's runner, with an interface of each type that it has. A check, whose `texts` are
# for bash to read (`bash -n`): what the packages would be makes no difference to that.
{
  lib,
  microvm,
  pkgs,
  system,
}:
let
  inherit (system) failed golden guest;
  inherit (import (microvm + "/lib") { inherit lib; }) buildRunner;
  table = import ../../../nix/modules/microvm-guest/capabilities.nix;
  hypervisors = lib.filterAttrs (_: can: can.system == "linux") table;

  # Packages in which a script is its name and its text, and a runner the command that makes it.
  told = pkgs // {
    writeShellScript = name: text: builtins.toJSON { inherit name text; };
    buildPackages = pkgs.buildPackages // {
      runCommand =
        _: _: command:
        command;
    };
  };
  link = "ln -s {";
  scriptsOf =
    command:
    lib.listToAttrs (
      map (
        line:
        let
          parts = lib.splitString " $out/bin/" line;
        in
        {
          name = lib.last parts;
          value =
            (builtins.fromJSON (lib.removePrefix "ln -s " (lib.concatStringsSep " $out/bin/" (lib.init parts))))
            .text;
        }
      ) (lib.filter (lib.hasPrefix link) (map lib.trim (lib.splitString "\n" command)))
    );

  # More than the one interface that our module makes, so that there is one of each type.
  more = type: {
    inherit type;
    id = "vmch-${type}";
    mac = "02:02:00:01:01:0${toString (lib.stringLength type)}";
  }
  // lib.optionalAttrs (type == "bridge") { bridge = "br0"; }
  // lib.optionalAttrs (type == "macvtap") {
    macvtap = {
      link = "enp2s0";
      mode = "bridge";
    };
  };
  configOf =
    hypervisor: can:
    let
      hasShares = can.shares != [ ];
    in
    guest [
      {
        lucarne.microvm.guest = {
          inherit hypervisor;
          profiles = [ "server" ] ++ lib.optionals hasShares [ "dev" "journal" ];
          cid = lib.mkIf can.vsock 3;
          mounts."more data" = {
            enable = true;
            mountpoint = "/srv/data";
            volume = {
              grow = true;
              fsType = "xfs";
              label = "data";
            };
          };
        };
        microvm.interfaces = map more (lib.remove "tap" can.interfaces);
      }
    ];
  runnerOf =
    config:
    buildRunner {
      inherit pkgs;
      inherit (config.system.build) toplevel;
      microvmConfig = config.microvm // {
        inherit (config.networking) hostName;
        vmHostPackages = told;
      };
    };

  all = lib.mapAttrs (
    hypervisor: can:
    let
      config = configOf hypervisor can;
    in
    {
      failed = failed config;
      scripts = scriptsOf (runnerOf config);
    }
  ) hypervisors;

  # The commands that make and remove an interface, without their packages' places.
  commands =
    text:
    map (line: lib.last (lib.splitString "/bin/" line)) (
      lib.filter (lib.hasInfix "/bin/ip ") (lib.splitString "\n" text)
    );
  shown =
    { failed, scripts }:
    {
      inherit failed;
      scripts = lib.attrNames scripts;
      interface = lib.mapAttrs (_: commands) (
        lib.filterAttrs (name: _: lib.hasInfix "tap-" name) scripts
      );
      grows = lib.hasInfix "/bin/truncate --size=3000M" scripts.microvm-run;
    };
  texts = lib.concatMapAttrs (
    name: it:
    lib.mapAttrs' (script: text: {
      name = "${name}-${script}";
      value = text;
    }) it.scripts
  ) all;
in
{
  guest-scripts = golden "scripts" (lib.mapAttrs (_: shown) all) // {
    inherit texts;
  };
}
