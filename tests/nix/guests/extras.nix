# What a host adds to microvm.nix' service, and a guest to its runner: limits, confines, the command for
# what is left behind, volumes that grow. Over the real modules of that project.
{ lib, system }:
let
  inherit (system)
    failed
    golden
    guest
    isWhole
    ;
  host = modules: system.host ([ system.theirHost ] ++ modules);
  inherit (import ./extras-host.nix) module vm;

  config = host [ module ];
  ours = [
    "[Unit]"
    "[Service]"
    ""
    "After="
    "Environment="
    "Wants="
    "X-"
  ];
  said =
    name:
    lib.filter (line: !lib.any (start: line == start || start != "" && lib.hasPrefix start line) ours) (
      lib.splitString "\n" config.systemd.units.${name}.text
    );
  # The template is that project's, and ours adds a line.
  template = lib.filter (lib.hasInfix "Weight=") (
    lib.splitString "\n" config.systemd.units."microvm@.service".text
  );

  grown =
    hypervisor:
    guest [
      {
        lucarne.microvm.guest = {
          inherit hypervisor;
          mounts.data = {
            enable = true;
            volume = {
              grow = true;
              size = 4000;
            };
          };
        };
      }
    ];
in
{
  guest-extra-units = golden "extras" {
    failed = failed config;
    whole = isWhole config;
    inherit template;
    units = lib.genAttrs (map (name: "microvm@${name}.service") [
      "db"
      "desk"
      "emulated"
      "free"
      "jailed"
      "other"
    ]) said;
    dropIns = lib.mapAttrs (_: unit: unit.overrideStrategy) (
      lib.filterAttrs (name: _: lib.hasPrefix "microvm@" name) config.systemd.units
    );
    slice = said "system-microvm.slice";
  };
  guest-extra-command = {
    got = lib.concatMap (
      package: lib.filter (lib.hasInfix "declared=(") (lib.splitString "\n" package.text)
    ) (lib.filter (package: lib.hasInfix "microvm-prune" (toString package)) config.environment.systemPackages);
    want = [ "declared=('db' 'desk' 'emulated' 'free' 'jailed')" ];
  };
  # Nobody who did not ask has any of it.
  guest-extra-nothing =
    let
      config = host [ { microvm.vms.db = vm { }; } ];
      text = config.systemd.units."microvm@db.service".text;
    in
    {
      got = {
        confined = lib.hasInfix "ProtectSystem" text || lib.hasInfix "MemoryMax" text;
        command = lib.any (
          package: lib.hasInfix "microvm-prune" (toString package)
        ) config.environment.systemPackages;
        preStart = (guest [ ]).microvm.preStart;
      };
      want = {
        confined = false;
        command = false;
        preStart = "";
      };
    };
  # A guest's folders are by its host name, and it may have others.
  guest-extra-prune = {
    got =
      let
        config = host [
          {
            lucarne.microvm.host.prune.enable = true;
            microvm.vms.db.config = {
              imports = [ ../../../nix/modules/microvm-guest ];
              networking.hostName = "web";
              lucarne.microvm.guest = {
                enable = true;
                profiles = [ "journal" ];
                mounts = lib.mapAttrs (_: image: {
                  enable = true;
                  volume = { inherit image; };
                }) {
                  away = "/srv/away.img";
                  near = "../near/near.img";
                  own = "own.img";
                };
              };
            };
          }
        ];
        command = lib.findFirst (
          package: package.name or null == "microvm-prune"
        ) null config.environment.systemPackages;
      in
      lib.filter (line: lib.hasPrefix "declared=" line || lib.hasPrefix "used=" line) (
        lib.splitString "\n" command.text
      );
    want = [
      "declared=('db')"
      "used=('web' 'near' 'db')"
    ];
  };
  guest-extra-grow =
    let
      config = grown "cloud-hypervisor";
    in
    {
      got = {
        failed = failed config;
        whole = isWhole config;
        inherit (config.fileSystems."/var/lib/data") autoResize;
        growfs = lib.elem "x-systemd.growfs" config.fileSystems."/var/lib/data".options;
      };
      want = {
        failed = [ ];
        whole = true;
        autoResize = true;
        growfs = true;
      };
    };
}
