# What a guest keeps although its root is made anew at each start: on one of its mounts.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.microvm.guest;
  inherit (cfg) persist;
  mount = cfg.mounts.${persist.mount};
  at = if mount.share.enable then mount.share.mountpoint else mount.volume.mountpoint;
  # Whose number is whose, for NixOS gives users theirs at each start.
  directories = lib.unique ([ "/var/lib/nixos" ] ++ persist.directories);
  isImpermanent = options ? environment.persistence;
  usersByService =
    config.systemd.sysusers.enable or false || config.services.userborn.enable or false;

  bind = directory: ''
    if ! ${pkgs.util-linux}/bin/mountpoint -q ${lib.escapeShellArg directory}; then
      ${pkgs.coreutils}/bin/mkdir -p ${lib.escapeShellArgs [ directory "${at}${directory}" ]}
      ${pkgs.util-linux}/bin/mount --bind ${lib.escapeShellArgs [ "${at}${directory}" directory ]}
    fi
  '';
in
{
  options.lucarne.microvm.guest.persist = {
    enable = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether the guest keeps what makes it the same after a start: the numbers of its users and
        groups, the keys of its SSH server, and `directories`. Its machine-id is made of its name
        or of `machineid`, and needs no place.
      '';
    };

    mount = mkOption {
      type = types.str;
      default = "persist";
      example = "state";
      description = ''
        Which of `mounts` it is kept on. Where nothing else is said of that, it is a volume at
        `/persist`; a `share.enable` makes it a share.
      '';
    };

    sshHostKeys = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        Whether the keys of its SSH server are made and kept there.
      '';
    };

    directories = mkOption {
      type = types.listOf (types.strMatching "/.*[^/]");
      default = [ ];
      example = [ "/var/lib/postgresql" ];
      description = ''
        Folders of the guest's that are kept, owned by whom they are made for.
      '';
    };
  };

  config = lib.mkMerge [
    {
      lucarne.microvm.guest.mounts = lib.mkIf (cfg.enable && persist.enable) {
        ${persist.mount} = {
          enable = lib.mkDefault true;
          mountpoint = lib.mkDefault "/persist";
          # It is there before users are.
          neededForBoot = true;
        };
      };
      services.openssh.hostKeys =
        lib.mkIf (cfg.enable && persist.enable && persist.sshHostKeys)
          (
            lib.mkDefault [
              {
                type = "ed25519";
                path = "${at}/etc/ssh/ssh_host_ed25519_key";
              }
            ]
          );
    }
    # By the module of that name where it is imported, which keeps folders' owners and modes too.
    (lib.optionalAttrs isImpermanent {
      environment.persistence = lib.mkIf (cfg.enable && persist.enable) {
        ${at} = { inherit directories; };
      };
    })
    (lib.optionalAttrs (!isImpermanent) {
      system.activationScripts = lib.mkIf (cfg.enable && persist.enable) {
        lucarnePersist = {
          deps = [ "specialfs" ];
          text = lib.concatMapStrings bind directories;
        };
        # It reads /var/lib/nixos. Where a service makes the users, which is after all scripts,
        # there is no script of that name, and NixOS refuses one.
        users = lib.mkIf (!usersByService) { deps = [ "lucarnePersist" ]; };
      };
    })
  ];
}
