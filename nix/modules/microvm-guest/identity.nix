# The machine-id, by which the host finds the guest's journal.
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

  id = import ./id-of.nix cfg.machineid;
  part = from: length: builtins.substring from length id;
  uuid = lib.concatStringsSep "-" [
    (part 0 8)
    (part 8 4)
    (part 12 4)
    (part 16 4)
    (part 20 12)
  ];
  isTheirs = options ? microvm.machineId;
in
{
  options.lucarne.microvm.guest.machineid = mkOption {
    type = types.nullOr types.str;
    default = null;
    example = "a67472e5570e5c8ab18cae3c77701050";
    description = ''
      The guest's machine-id: 32 hexadecimal digits, with or without the `-` of a UUID. Of any other
      text the id is made. Null is what microvm.nix makes of the host name.
    '';
  };

  config = lib.mkMerge [
    # It writes the file. With a text of ours beside it the file had two lines.
    (lib.optionalAttrs isTheirs (guard { machineId = lib.mkIf (cfg.machineid != null) uuid; }))
    (lib.optionalAttrs (!isTheirs) {
      environment.etc = lib.mkIf (cfg.enable && cfg.machineid != null) {
        machine-id.text = id + "\n";
      };
    })
  ];
}
