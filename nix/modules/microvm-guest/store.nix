# The guest's store: the host's, and what the guest adds to it.
{
  config,
  lib,
  options,
  ...
}@module:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.microvm.guest;
  guard = import ./guard.nix module;
  upper = "/nix/.rw-store";
in
{
  options.lucarne.microvm.guest.store = {
    readonly.enable = mkOption {
      type = types.bool;
      default = cfg.store.readwrite.enable;
      defaultText = lib.literalExpression "store.readwrite.enable";
      example = true;
      description = ''
        Whether the guest reads the host's store, instead of an image of its own with what it needs.
      '';
    };

    readwrite = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether the guest can add to its store, on a volume of its own.
        '';
      };
      size = mkOption {
        type = types.ints.positive;
        default = 2000;
        example = 5000;
        description = ''
          That volume's size in MiB.
        '';
      };
    };
  };

  config = lib.mkMerge [
    (guard { writableStoreOverlay = lib.mkIf cfg.store.readwrite.enable upper; })
    {
      lucarne.microvm.guest.mounts = lib.mkIf cfg.enable {
        ro-store = lib.mkIf cfg.store.readonly.enable {
          enable = lib.mkDefault true;
          mountpoint = lib.mkDefault "/nix/.ro-store";
          share = {
            enable = true;
            hostPath = lib.mkDefault "/nix/store";
            # kvmtool and crosvm have no 9p that is only read.
            readOnly = lib.mkIf (cfg.mounts.ro-store.share.proto == "virtiofs") (lib.mkDefault true);
          };
        };
        rw-store-vol = lib.mkIf cfg.store.readwrite.enable {
          enable = lib.mkDefault true;
          mountpoint = lib.mkDefault upper;
          volume.size = lib.mkDefault cfg.store.readwrite.size;
        };
      };
    }
  ];
}
