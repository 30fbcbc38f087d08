# The guest's card.
{
  config,
  lib,
  options,
  ...
}@module:
let
  inherit (lib) mkOption types;
  inherit (config.networking) hostName;
  cfg = config.lucarne.microvm.guest;
  inherit (cfg.network) base;
  guard = import ./guard.nix module;
  names = import ../../lib/network/names.nix;

  inherit (import ../../lib/network/numbers.nix) digits rest;
  byte = digits 16 2;
  # Locally administered: nobody's card is sold with it.
  ofNumber = n: "02:02:00:01:${byte (1 + n / 256)}:${byte (rest n 256)}";
in
{
  options.lucarne.microvm.guest.network.base = {
    enable = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        Whether the guest has a card.
      '';
    };

    n = mkOption {
      type = types.nullOr (types.ints.between 0 65279);
      default = null;
      example = 1;
      description = ''
        A number that no other guest of the bridge has, which the card's address is made of. Null is
        an address made of the host name.
      '';
    };

    mac = mkOption {
      # An odd first byte is many cards' address.
      type = types.strMatching "[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}";
      default = if base.n == null then names.mac hostName else ofNumber base.n;
      defaultText = lib.literalMD "made of `n` or the host name";
      example = "02:02:00:01:01:01";
      description = ''
        The card's address.
      '';
    };

    id = mkOption {
      type = types.str;
      default = names.tap "vmch-" hostName;
      defaultText = lib.literalMD "`vmch-NAME`, where that is too long cut and with a hash behind";
      example = "vmch-office";
      description = ''
        The interface on the host, at most 15 bytes. The host's bridge takes it by its name.
      '';
    };

    type = mkOption {
      type = types.enum [
        "tap"
        "user"
        "macvtap"
        "bridge"
      ];
      default = "tap";
      example = "user";
      description = ''
        How the card is connected: by an interface that the host puts on a bridge, by a network
        behind the hypervisor, by an interface of the host's, or by QEMU's bridge helper.
      '';
    };

    bridge = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "microvm";
      description = ''
        With the type `bridge`: the host's bridge.
      '';
    };

    macvtap = {
      link = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "enp2s0";
        description = ''
          With the type `macvtap`: the host's interface.
        '';
      };
      mode = mkOption {
        type = types.enum [
          "private"
          "vepa"
          "bridge"
          "passthru"
          "source"
        ];
        default = "bridge";
        example = "private";
        description = ''
          With the type `macvtap`: whom the guest reaches of those on the same interface.
        '';
      };
    };
  };

  config = guard {
    interfaces = lib.mkIf base.enable [
      (
        {
          inherit (base)
            bridge
            id
            mac
            type
            ;
        }
        // lib.optionalAttrs (base.type == "macvtap" && base.macvtap.link != null) {
          inherit (base) macvtap;
        }
      )
    ];
  };
}
