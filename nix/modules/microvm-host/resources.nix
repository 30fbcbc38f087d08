# What guests may have of their host: each of them, all together, and one by its name.
{
  config,
  lib,
  options,
  ...
}@module:
let
  inherit (lib) mkOption types;
  cfg = config.lucarne.microvm.host;
  inherit (cfg.resources) each together;
  limits = import ./limits.nix { inherit lib; };
  assertion = import ../assertion.nix "lucarne.microvm.host";
  isThere = options ? microvm.vms;

  inMib = import ../../lib/memory-size.nix;
  declared = import ./declared.nix module;
  memories =
    lib.mapAttrs (_: { microvm, ... }: microvm.mem + microvm.hotplugMem or 0) declared
    # Windows machines that have no limit of their own, as far as is known what they have.
    // lib.mapAttrs (
      _: { memoryMiB, image, ... }:
      if memoryMiB != null then memoryMiB else (import ../facts.nix image).memoryMib
    ) (lib.filterAttrs isOurs (config.lucarne.machines or { }));
  isOurs = _: machine: machine.asMicrovm && machine.resources.memoryMax == null;
  rule =
    name: memory:
    let
      inherit (cfg.guests.${name} or { resources = each; }) resources;
      most = inMib resources.memoryMax;
    in
    {
      holds = most == null || memory == null || most > memory;
      # What a guest has of its own may say nothing of it, or the same: then that of each is too little.
      at =
        if resources.memoryMax == each.memoryMax then
          "resources.each.memoryMax"
        else
          "guests.${name}.resources.memoryMax";
      what = "the hypervisor of `${name}` needs more than the ${toString memory} MiB of its guest";
      hint = "leave it out, or give a quarter more than these";
    };

  said = limits: lib.any (value: value != null) (lib.attrValues limits);
in
{
  options.lucarne.microvm.host = {
    resources = {
      each = limits.options { whose = "each guest's hypervisor has"; };
      together = limits.options { whose = "all guests' hypervisors have together"; };
    };

    guests = mkOption {
      type = types.attrsOf (
        types.submodule {
          options.resources = limits.options {
            whose = "its hypervisor has";
            defaults = each;
            defaultsOf = "lucarne.microvm.host.resources.each";
          };
        }
      );
      default = { };
      example = {
        office.resources.memoryMax = "3G";
      };
      description = ''
        What is particular about a guest, by its name: that of its service, `microvm@NAME`. Limits count
        for guests too that no `microvm.vms` declares.
      '';
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = map assertion (
          [
            {
              holds = isThere || !(said each || said together) && cfg.guests == { };
              at = "resources";
              what = "microvm.nix' host is not there, and starts no guest";
              hint = "import `microvm.nixosModules.host`";
            }
          ]
          ++ lib.mapAttrsToList rule memories
        );
      }
      (lib.mkIf isThere {
        systemd.services = {
          "microvm@" = lib.mkIf (said each) {
            serviceConfig = limits.settings { values = each; };
          };
        }
        // lib.mapAttrs' (name: guest: {
          name = "microvm@${name}";
          value = {
            overrideStrategy = "asDropin";
            serviceConfig = limits.settings {
              values = guest.resources;
              below = each;
            };
          };
        }) cfg.guests;

        # The slice in which systemd puts the instances of that template.
        systemd.slices = lib.mkIf (said together) {
          system-microvm.sliceConfig = limits.settings { values = together; };
        };
      })
    ]
  );
}
