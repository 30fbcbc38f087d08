# Guests' journals beside the host's own: a link in /var/log/journal by the guest's machine-id is all
# that `journalctl --merge` and `--directory` want.
{
  config,
  lib,
  options,
  ...
}@module:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.microvm.host;

  assertion = import ../assertion.nix "lucarne.microvm.host.journals";
  clashes = import ../../lib/clashes.nix cfg.journals;
  idOf = guest: import ./machine-id.nix { inherit guest lib; };

  # One that is on a volume is the guest's alone.
  isShare = mount: mount.enable && mount.share.enable;
  # Of a guest that this host declares all is known.
  declared = lib.filterAttrs (
    _: guest:
    lib.elem "journal" (guest.lucarne.microvm.guest.profiles or [ ])
    && isShare guest.lucarne.microvm.guest.mounts.journal
    # Else the guest's own assertion says so.
    && idOf guest != null
  ) (import ./declared.nix module);
  known = _: guest: {
    machineId = lib.mkDefault (idOf guest);
    folder = lib.mkDefault guest.lucarne.microvm.guest.mounts.journal.share.hostPath;
  };
in
{
  options.lucarne.microvm.host.journals = mkOption {
    type = types.attrsOf (
      types.submodule (
        { name, ... }:
        {
          options = {
            machineId = mkOption {
              type = types.strMatching "[0-9a-f]{32}";
              example = "a67472e5570e5c8ab18cae3c77701050";
              description = ''
                The guest's machine-id.
              '';
            };
            folder = mkOption {
              type = types.strMatching "/.*";
              default = "${config.microvm.stateDir or "/var/lib/microvms"}/${name}/journal";
              defaultText = lib.literalMD "`NAME/journal` in `microvm.stateDir`";
              example = "/srv/journals/office";
              description = ''
                The folder that the guest has as `/var/log/journal`.
              '';
            };
          };
        }
      )
    );
    default = { };
    example = {
      office.machineId = "a67472e5570e5c8ab18cae3c77701050";
    };
    description = ''
      Guests by their names whose journals `journalctl --merge` of the host shows. Those in
      `microvm.vms` with the profile `journal` are among them by themselves.
    '';
  };

  config = lib.mkIf cfg.enable {
    lucarne.microvm.host.journals = lib.mapAttrs known declared;
    assertions = map (
      {
        name,
        key,
        first,
      }:
      assertion {
        holds = false;
        at = "${name}.machineId";
        what = "`${key}` is that of `${first}` too";
        hint = "give each guest a machine-id of its own";
      }
    ) (clashes (journal: [ journal.machineId ]));
    # A folder that is there is left as it is.
    systemd.tmpfiles.settings."20-lucarne-journals" = lib.mapAttrs' (_: journal: {
      name = "/var/log/journal/${journal.machineId}";
      value.L.argument = "${journal.folder}/${journal.machineId}";
    }) cfg.journals;
  };
}
