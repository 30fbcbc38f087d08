# Machines over the real NixOS, and over the host of microvm.nix: { passed, failed } as eval.nix has
# them. `nixpkgs` is a folder with nixpkgs' `lib` and `nixos` and a package set; the packages may be
# doubles, for nothing is built. `microvm` is microvm.nix's repository, `nixfiles` that of the
# earlier system's author, whose machine is evaluated as it is, `provision` and `extra-lib` those of
# provision-nix and what it is written with, `impermanence` the one of that name. `builders` are the
# blocks of docs/remote-builders.md.
{
  nixpkgs,
  builders,
  microvm ? null,
  nixfiles ? null,
  provision ? null,
  extra-lib ? null,
  impermanence ? null,
}:
let
  system = "x86_64-linux";
  pkgs = import nixpkgs { inherit system; };
  inherit (pkgs) lib;
  windows = import ./windows.nix { };

  module = import ../../nix/modules {
    tools = import ./tools.nix;
    # NixOS wants packages of its own kind.
    package = pkgs.runCommand "lucarne-0.1.0" { } "";
  };
  inherit (import ./systems.nix { inherit lib nixpkgs; })
    evaluate
    failed
    hostOf
    isWhole
    judged
    prefixed
    ;
  host = modules: hostOf ([ module ] ++ modules);

  image = (import ./cases.nix).minimal.image;
  withShares = image.override (old: {
    steps = (old.steps or [ ]) ++ windows.custom.software.virtiofs.install { };
  });
  given = import ./rules.nix { inherit image withShares; };
  of = rule: host [ given.host rule ];

  unit = config: name: config.systemd.units.${name}.text;
  lines = text: lib.filter (line: line != "") (lib.splitString "\n" text);

  # What of a unit's text is missing in that of NixOS.
  missing =
    config: name: text:
    lib.subtractLists (lines (unit config name)) (lines text);

  # NixOS has words of its own for a host that has networkd and DHCP by scripts.
  isOurs = lib.hasPrefix "lucarne";

  office = machine: {
    lucarne.machines.office = {
      inherit image;
    }
    // machine;
  };
  usual = of (office (import ../machines/nixos-usual/case.nix));
  full = of {
    imports = [ (office (import ../machines/nixos-full/case.nix)) ];
    lucarne.machines.office.image = lib.mkForce withShares;
  };
  service = config: config.lucarne.machines.office.runner.service;

  options = lib.filter (option: lib.hasPrefix "lucarne." option.name && !option.internal) (
    lib.optionAttrSetToDocList (evaluate [ module ]).options
  );

  checks =
    prefixed "rule" (_: judged (module: failed (of module))) given.rules
    // prefixed "warning" (_: judged (module: lib.filter isOurs (of module).warnings)) given.warnings
    // {
      # The unit that NixOS writes is the one that systemd judged, and what NixOS always adds.
      unit-usual = {
        got = missing usual "lucarne-office.service" (
          import ./unit-text.nix (
            service usual {
              group = "lucarne";
              target = "lucarne.target";
              credentials.password-Administrator = "/run/secrets/office";
            }
          )
        );
        want = [ ];
      };
      page-builders =
        let
          config = hostOf builders;
        in
        {
          got = {
            failed = failed config;
            whole = isWhole config;
            machine = lib.hasPrefix "ssh-ng://" config.environment.etc."nix/machines".text;
            serves = lib.hasInfix "/nix-daemon --stdio" config.services.openssh.extraConfig;
          };
          want = {
            failed = [ ];
            whole = true;
            machine = true;
            serves = true;
          };
        };
      unit-full = {
        got = {
          failed = failed full;
          whole = isWhole full;
          text = lib.intersectLists (lines (unit full "lucarne-office.service")) [
            "CPUQuota=400%"
            "LimitMEMLOCK=infinity"
            "MemoryMax=20G"
            "Restart=always"
            "TimeoutStopSec=330"
            "X-RestartIfChanged=false"
          ];
        };
        want = {
          failed = [ ];
          whole = true;
          text = [
            "CPUQuota=400%"
            "LimitMEMLOCK=infinity"
            "MemoryMax=20G"
            "Restart=always"
            "TimeoutStopSec=330"
          ];
        };
      };
      imported-twice = {
        got =
          (host [
            { imports = [ module ]; }
            given.host
            (office { })
          ]).lucarne.machines.office.spec.name;
        want = "office";
      };
      # `mkDefault` is of a tool, not of the table.
      tools-one-by-one = {
        got = (host [ { lucarne.tools.qemu = "/q"; } ]).lucarne.tools;
        want = import ./tools.nix // {
          qemu = "/q";
        };
      };
      a-switch-leaves-a-machine-alone = {
        got = lib.hasInfix "X-RestartIfChanged=false" (unit usual "lucarne-office.service");
        want = true;
      };
      target = {
        got = lines (unit usual "lucarne.target");
        want = [
          "[Unit]"
          "Before=shutdown.target"
          "Conflicts=shutdown.target"
          "DefaultDependencies=false"
          "Description=Windows machines"
        ];
      };
      # The spec that the double of NixOS gives is that of the real one.
      documents = {
        got = import ./normal.nix usual.lucarne.machines.office.spec;
        want = builtins.fromJSON (builtins.readFile ../machines/nixos-usual/machine.json);
      };
      documents-full = {
        got = removeAttrs (import ./normal.nix full.lucarne.machines.office.spec) [ "image" ];
        want = removeAttrs (lib.importJSON ../machines/nixos-full/machine.json) [ "image" ];
      };
      # The manual's generator takes each option, and has something to say of it.
      options = {
        got = {
          many = lib.length options > 60;
          silent = map (option: option.name) (
            lib.filter (
              option: !(option ? description && option ? type && option ? example)
            ) options
          );
        };
        want = {
          many = true;
          silent = [ ];
        };
      };
      # The earlier system's example is a service as it stands there.
      seed-example =
        let
          config = host [
            {
              systemd.services.windows = windows.makeSystemdService {
                systemImage = image;
                name = "kyoko";
                userImageSize = "100G";
                qemuOptions = {
                  macAddress = "00:16:D0:3B:E2:DC";
                  extraFlags = [ "-usbdevice tablet" ];
                };
              };
            }
          ];
        in
        {
          got = {
            whole = isWhole config;
            failed = failed config;
            install = lib.hasInfix "WantedBy=multi-user.target" (unit config "windows.service");
          };
          want = {
            whole = true;
            failed = [ ];
            install = true;
          };
        };
      # The host of the NixOS test.
      vm-test =
        let
          test = (import (nixpkgs + "/nixos/lib") { inherit lib; }).evalTest {
            imports = [
              (import ../../nix/checks/vm-machine.nix { inherit module image; })
            ];
            hostPkgs = pkgs;
          };
        in
        {
          got = {
            failed = failed test.config.nodes.host;
            services = lib.filter (lib.hasPrefix "lucarne") (
              lib.attrNames test.config.nodes.host.systemd.services
            );
          };
          want = {
            failed = [ ];
            services = [
              "lucarne-office"
              "lucarne-play"
            ];
          };
        };
    }
    // import ./docs.nix { inherit lib; }
    // import ./nixos-templates.nix {
      inherit
        evaluate
        failed
        isWhole
        lib
        microvm
        module
        pkgs
        windows
        ;
    }
    // lib.optionalAttrs (microvm != null) (
      import ./nixos-microvm.nix {
        inherit
          failed
          host
          image
          isWhole
          lib
          lines
          unit
          ;
        microvm = microvm + "/nixos-modules/host";
      }
      // import ./nixos-network.nix {
        inherit image lib;
        evaluate = {
          inherit
            failed
            host
            hostOf
            isWhole
            judged
            prefixed
            ;
        };
        theirHost = microvm + "/nixos-modules/host";
      }
      // import ./nixos-guest.nix {
        inherit
          extra-lib
          image
          impermanence
          lib
          microvm
          module
          nixpkgs
          pkgs
          provision
          ;
      }
    )
    // lib.optionalAttrs (nixfiles != null) {
      # The author's own machine, whose library is ours here. Its ISO lies on that host.
      seed-author =
        let
          abs =
            path: if path == "lib/windows" then ./nixos-seed.nix else nixfiles + "/${path}";
          config =
            hostOf [
              {
                _module.args = { inherit abs; };
                imports = [ (nixfiles + "/hosts/koi/vms/windows.nix") ];
              }
            ];
          text = unit config "windows.service";
        in
        {
          got = {
            whole = isWhole config;
            failed = failed config;
            up = lib.hasInfix "lucarne tap up" text;
            machine = lib.hasInfix "lucarne-machine-kyoko/machine.json" text;
          };
          want = {
            whole = true;
            failed = [ ];
            up = true;
            machine = true;
          };
        };
    };

  named = map (name: checks.${name} // { inherit name; }) (lib.attrNames checks);
  same = check: check.got == check.want;
in
{
  passed = map (check: check.name) (lib.filter same named);
  failed = map (check: removeAttrs check [ "texts" ]) (lib.filter (check: !same check) named);
  # For bash to read.
  scripts = checks.guest-scripts.texts or { };
}
