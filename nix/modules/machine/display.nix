# Screen and sound.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  side =
    least: most: what: example:
    mkOption {
      type = types.ints.between least most;
      inherit example;
      description = ''
        ${what}, in pixels.
      '';
    };
in
{
  options = {
    display = {
      vnc = mkOption {
        type = types.either (types.enum [
          "socket"
          "none"
        ]) (
          types.submodule {
            options = {
              address = mkOption {
                type = types.str;
                default = "127.0.0.1";
                example = "192.0.2.1";
                description = ''
                  An address of the host's. VNC asks for no password: whoever reaches it has the
                  screen and the keyboard.
                '';
              };
              port = mkOption {
                type = types.ints.between 5900 65535;
                example = 5901;
                description = ''
                  The port.
                '';
              };
            };
          }
        );
        default = "socket";
        example = {
          port = 5901;
        };
        description = ''
          Where VNC listens: on a socket in the machine's runtime folder, which `lucarne ctl NAME vnc`
          names, nowhere, or on a port.
        '';
      };

      spice = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether SPICE listens too, on a socket, with its agent and USB redirection.
        '';
      };

      resolution = mkOption {
        type = types.nullOr (
          types.submodule {
            options = {
              width = side 640 7680 "Across, a multiple of 8" 1920;
              height = side 480 4320 "Down" 1080;
            };
          }
        );
        default = null;
        example = {
          width = 1920;
          height = 1080;
        };
        description = ''
          The screen's size at the start. Null is the firmware's choice.
        '';
      };
    };

    audio = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether there is a sound card, heard by SPICE and by VNC viewers that can.
      '';
    };
  };
}
