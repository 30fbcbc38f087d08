# Linux guests and their host over the real NixOS and the real microvm.nix: the snippets of
# provision-nix as they stand there, its defects, each assertion, what each hypervisor lacks.
{
  image,
  lib,
  microvm,
  module,
  nixpkgs,
  pkgs,
  provision ? null,
  extra-lib ? null,
  impermanence ? null,
}@given:
let
  system = import ./guests/evaluate.nix { inherit lib microvm nixpkgs; };
  inherit (system)
    compat
    failed
    golden
    guest
    guestOf
    hardware
    host
    hostOf
    isWhole
    judged
    kept
    network
    prefixed
    ;
  rule = of: _: judged (module: failed (of [ module ]));
  snippets = import ./guests/snippets.nix;
  extraRules = import ./guests/extra-rules.nix;
  merged = kind: (rules.${kind} or { }) // extraRules.${kind} or { };
  rules = import ./guests/rules.nix;

  enabled.provision.virt.microvm.guest.enable = true;
  ofSnippet =
    snippet:
    guestOf [
      compat
      enabled
      snippet
    ];
  viaVm = guestOf [
    compat
    {
      provision.virt.microvm.vm = {
        enable = true;
        vcpu = lib.mkDefault 3;
        mounts.data.enable = true;
      };
      lucarne.microvm.guest.vcpu = lib.mkOverride 1400 4;
    }
    { provision.virt.microvm.guest.mem = lib.mkForce 700; }
    { provision.virt.microvm.vm.mem = 800; }
  ];

  # The manual's generator takes each option, and each says what it is, and shows it.
  options = lib.filter (option: lib.hasPrefix "lucarne.microvm." option.name) (
    lib.optionAttrSetToDocList (system.evaluate [ compat ]).options
  );
  # Its options without that one, and without what it does with it.
  earlier =
    let
      folder = microvm + "/nixos-modules/microvm";
      options = import (folder + "/options.nix");
      without =
        args:
        let
          module = options args;
        in
        module // { options.microvm = removeAttrs module.options.microvm [ "machineId" ]; };
    in
    {
      disabledModules = [
        (folder + "/options.nix")
        (folder + "/system.nix")
      ];
      imports = [ (lib.setFunctionArgs without (lib.functionArgs options)) ];
      boot.loader.grub.enable = false;
    };
  isSentence =
    text:
    builtins.match "[A-Z`]" (builtins.substring 0 1 text) != null && lib.hasSuffix "." (lib.trim text);
  isTold = option: isSentence option.description && option ? type && option ? example;
in
prefixed "guest-rule" (rule guest) (merged "guests")
// prefixed "guest-host-rule" (rule host) (merged "hosts")
// prefixed "guest-declared-rule" (
  rule (modules: host ([ system.theirHost ] ++ modules))
) (merged "declared")
// prefixed "guest-snippet" (name: snippet: golden name (hardware (ofSnippet snippet))) snippets.guests
// prefixed "guest-profile" (
  profile: others:
  golden "profile-${profile}" (
    kept (guest [ { lucarne.microvm.guest = { profiles = [ profile ]; } // others; } ])
  )
) {
  server.hypervisor = "firecracker";
  dev.persist.directories = [ "/var/lib/postgresql" ];
  disposable = { };
  journal = { };
}
// {
  guest-snippet-host = golden "host" (network (hostOf [ compat snippets.host ]));
  # What is commented there is the default.
  guest-snippet-host-full = {
    got = network (hostOf [
      compat
      snippets.host-full
    ]);
    want = network (hostOf [
      compat
      snippets.host
    ]);
  };
  guest-host-dns =
    let
      config = host [ { lucarne.microvm.host.network.basic.dns = true; } ];
      # As a later NixOS has it; an earlier one has nothing of that name.
      later = host [
        {
          options = lib.optionalAttrs (!(hostOf [ ]).services.resolved ? settings) {
            services.resolved.settings = lib.mkOption { default = { }; };
          };
          config.lucarne.microvm.host.network.basic.dns = true;
        }
      ];
    in
    golden "host-dns" (
      network config
      // {
        resolved = lib.splitString "\n" config.environment.etc."systemd/resolved.conf".text;
        later = {
          failed = failed later;
          inherit (later.services.resolved.settings.Resolve) DNSStubListenerExtra;
          lines = later.services.resolved.extraConfig or "";
        };
      }
    );
  guest-options = {
    got = {
      many = lib.length options > 60;
      silent = map (option: option.name) (
        lib.filter (option: !lib.hasInfix "._module." option.name && !isTold option) options
      );
    };
    want = {
      many = true;
      silent = [ ];
    };
  };
  # Without microvm.nix nothing of it is defined, and its absence is all that is told.
  guest-without-microvm = {
    got = map (lib.hasPrefix "lucarne.microvm.guest.enable: microvm.nix' guest is not there\n  hint: ") (
      failed (hostOf [
        compat
        enabled
        snippets.guests.mounts
      ])
    );
    want = [ true ];
  };
  guest-host-whole = {
    got = isWhole (hostOf [
      compat
      system.theirHost
      snippets.host
    ]);
    want = true;
  };
  # Machines of ours on that bridge and on another beside it: both know their bridges, and networkd
  # leaves their interfaces where they are.
  guest-host-machines =
    let
      config = host [
        module
        {
          networking.bridges.br0.interfaces = [ ];
          lucarne.machines = lib.mapAttrs (_: bridge: {
            inherit image;
            identity.sid = "own";
            network = {
              mode = "bridge";
              inherit bridge;
            };
          }) { office = "microvm"; play = "br0"; };
        }
      ];
    in
    {
      got = {
        failed = failed config;
        unit = config.systemd.network.units."10-lucarne-machines.network".text;
      };
      want = {
        failed = [ ];
        unit = "[Match]\nName=vm-office vm-play\n\n[Link]\nUnmanaged=true\n\n[Network]\n\n";
      };
    };
  # A limit of all is one of Windows machines too, but of those with one of their own.
  guest-host-machine-memory = {
    got =
      failed (host [
        module
        system.theirHost
        {
          lucarne.microvm.host.resources.each.memoryMax = "4G";
          lucarne.microvm.host.guests.roomy.resources.memoryMax = "5G";
          lucarne.machines =
            lib.mapAttrs
              (_: options: {
                inherit image;
                identity.sid = "own";
                asMicrovm = true;
              } // options)
              {
                office = { memoryMiB = 4096; };
                roomy = { memoryMiB = 4096; };
                own = {
                  memoryMiB = 8192;
                  resources.memoryMax = "10G";
                };
              };
        }
      ]);
    want = [
      (
        "lucarne.microvm.host.resources.each.memoryMax: the hypervisor of `office` needs more than the"
        + " 4096 MiB of its guest\n  hint: leave it out, or give a quarter more than these"
      )
    ];
  };
  # A guest that the host declares, and one that it is told of.
  guest-host-journals = {
    got = lib.mapAttrs (_: it: it.L.argument)
      (host [
        system.theirHost
        {
          lucarne.microvm.host.journals.play.machineId = "a67472e5570e5c8ab18cae3c77701050";
          # Whose journal has no name that the host knows.
          microvm.vms.nobody.config = {
            imports = [ ../../nix/modules/microvm-guest ];
            lucarne.microvm.guest = {
              enable = true;
              profiles = [ "journal" ];
            };
            microvm.machineId = null;
          };
          # Whose journal is on a volume of its own.
          microvm.vms.alone.config = {
            imports = [ ../../nix/modules/microvm-guest ];
            lucarne.microvm.guest = {
              enable = true;
              profiles = [ "journal" ];
              mounts.journal.share.enable = false;
            };
          };
          microvm.vms.office.config = {
            imports = [ ../../nix/modules/microvm-guest ];
            lucarne.microvm.guest = {
              enable = true;
              machineid = "13022181-afdc-edd3-8c27-1778a15b65c6";
              profiles = [ "journal" ];
            };
          };
        }
      ]).systemd.tmpfiles.settings."20-lucarne-journals";
    want = {
      "/var/log/journal/13022181afdcedd38c271778a15b65c6" =
        "/var/lib/microvms/office/journal/13022181afdcedd38c271778a15b65c6";
      "/var/log/journal/a67472e5570e5c8ab18cae3c77701050" =
        "/var/lib/microvms/play/journal/a67472e5570e5c8ab18cae3c77701050";
    };
  };
  # Over a microvm.nix from before it had an option for the machine-id.
  guest-machine-id-earlier =
    let
      config = guest [
        earlier
        {
          lucarne.microvm.guest = {
            machineid = "a67472e5-570e-5c8a-b18c-ae3c77701050";
            profiles = [ "journal" ];
          };
        }
      ];
    in
    {
      got = {
        failed = failed config;
        file = config.environment.etc.machine-id.text;
        nobody = map (lib.hasPrefix "lucarne.microvm.guest.machineid: is missing") (
          failed (guest [
            earlier
            { lucarne.microvm.guest.profiles = [ "journal" ]; }
          ])
        );
      };
      want = {
        failed = [ ];
        file = "a67472e5570e5c8ab18cae3c77701050\n";
        nobody = [ true ];
      };
    };
  # The code's own name of it, and priorities through either.
  guest-compat-vm = {
    got = {
      inherit (viaVm.microvm) mem vcpu;
      volumes = map (volume: volume.image) viaVm.microvm.volumes;
      failed = failed viaVm;
    };
    want = {
      mem = 700;
      vcpu = 3;
      volumes = [ "data.img" ];
      failed = [ ];
    };
  };
}
// import ./guests/persist.nix {
  inherit
    impermanence
    lib
    nixpkgs
    system
    ;
}
// import ./guests/defects.nix (given // { inherit system; })
// import ./guests/extras.nix { inherit lib system; }
// import ./guests/scripts.nix {
  inherit
    lib
    microvm
    pkgs
    system
    ;
}
// import ./guests/hypervisors.nix {
  inherit
    lib
    microvm
    pkgs
    system
    ;
}
