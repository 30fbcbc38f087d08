# What is wrong with a guest as far as evaluation can tell: what its hypervisor lacks, and what of
# its options contradicts another. microvm.nix' own assertions tell the rest.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  cfg = config.lucarne.microvm.guest;
  assertion = import ../assertion.nix "lucarne.microvm.guest";
  isThere = options ? microvm.guest;
  isInterface = import ../../lib/machine/is-interface.nix;
  inherit (cfg.network) base;

  mounts = lib.filterAttrs (_: mount: mount.enable) cfg.mounts;
  places = lib.concatMap (
    name:
    let
      mount = mounts.${name};
      at = part: lib.optional part.enable { inherit name; inherit (part) mountpoint; };
    in
    at mount.volume ++ at mount.share
  ) (lib.attrNames mounts);
  # The later one of the two would be the only one.
  twice = lib.filter (same: lib.length same > 1) (
    lib.attrValues (lib.groupBy (it: it.mountpoint) places)
  );
  told = same: {
    holds = false;
    at = "mounts.${(lib.elemAt same 1).name}";
    what = "`${(lib.head same).name}` is mounted at `${(lib.head same).mountpoint}` too";
    hint = "give one of them another `mountpoint`";
  };

  # microvm.nix' scripts have these between quotes as they are, and end there.
  quoted =
    lib.concatLists (
      lib.mapAttrsToList (
        name: { volume, ... }:
        lib.optionals volume.enable (
          map (key: {
            at = "mounts.${name}.volume.${key}";
            text = volume.${key};
          }) [ "image" "label" ]
        )
      ) mounts
    )
    ++ [
      {
        at = "socket";
        text = cfg.socket;
      }
    ];
  breaks = lib.filter (it: it.text != null && lib.hasInfix "'" it.text) quoted;

  ofItself = [
    {
      holds = isThere;
      at = "enable";
      what = "microvm.nix' guest is not there";
      hint = "import `microvm.nixosModules.microvm`, or declare the guest in `microvm.vms` of a host";
    }
    {
      # One that is too long microvm.nix tells of.
      holds = !base.enable || builtins.stringLength base.id > 15 || isInterface base.id;
      at = "network.base.id";
      what = "`${base.id}` can be no interface's name";
      hint = "1 to 15 letters, digits and `-._` make one, such as `vmch-office`";
    }
    {
      holds = !base.enable || base.type != "macvtap" || base.macvtap.link != null;
      at = "network.base.macvtap.link";
      what = "is missing";
      hint = "name the host's interface, or leave `network.base.type` out for one on a bridge";
    }
    {
      holds = !cfg.persist.enable || lib.any (it: it.name == cfg.persist.mount) places;
      at = "mounts.${cfg.persist.mount}";
      what = "is not mounted, and `persist` keeps on it what it keeps";
      hint = "leave its `enable` out, or name another mount as `persist.mount`";
    }
    {
      holds = !cfg.persist.enable || !(lib.any (isOnlyRead cfg.persist.mount) [ "share" "volume" ]);
      at = "mounts.${cfg.persist.mount}";
      what = "can only be read, and `persist` keeps on it what it keeps";
      hint = "leave its `readOnly` out, or name another mount as `persist.mount`";
    }
    {
      holds = neither == [ ];
      at = "mounts";
      what = "${lib.concatStringsSep ", " neither}: neither a volume nor a share";
      hint = "leave `volume.enable` out, or set `enable` to false";
    }
    {
      holds = !is "disposable" || kept == [ ];
      at = "profiles";
      what = "`disposable` keeps nothing, and ${lib.concatStringsSep ", " kept} would be kept";
      hint = "leave the profile out, or what keeps something";
    }
    {
      # An earlier microvm.nix has no such option, and then ours writes the file.
      holds = !is "journal" || !isThere || config.microvm.machineId or cfg.machineid != null;
      at = "machineid";
      what = "is missing, and the profile `journal` has a folder by it";
      hint = "set it, or leave `microvm.machineId` as it is";
    }
    {
      holds = cfg.machineid == null || builtins.match "0*" (import ./id-of.nix cfg.machineid) == null;
      at = "machineid";
      what = "`${toString cfg.machineid}` is nobody's, and systemd takes zeros for no id";
      hint = "write 32 hexadecimal digits or a name, or leave it out";
    }
  ]
  ++ map told twice
  ++ map (it: {
    holds = false;
    inherit (it) at;
    what = "microvm.nix' script ends at the `'` of `${it.text}`";
    hint = "leave that character out";
  }) breaks;
  is = profile: lib.elem profile cfg.profiles;
  isOnlyRead = name: part: (mounts ? ${name}) && isRead mounts.${name}.${part};
  neither = map (name: "`${name}`") (
    lib.attrNames (lib.filterAttrs (_: mount: !(mount.volume.enable || mount.share.enable)) mounts)
  );
  # What the guest may only read is the host's.
  isWritten = part: part.enable && part.readOnly != true;
  isRead = part: part.enable && part.readOnly == true;
  isKept =
    name: mount:
    !lib.elem name [
      "journal"
      "ro-store"
    ]
    && (isWritten mount.volume || isWritten mount.share);
  kept = map (name: "`mounts.${name}`") (lib.attrNames (lib.filterAttrs isKept mounts));

  lacks = import ./lacks.nix {
    inherit cfg lib;
    inherit (config) microvm;
    inherit (pkgs.stdenv.hostPlatform) isDarwin;
  };
  ofHypervisor = lib.optionals isThere lacks;
  wrong = lib.filter (rule: !rule.holds) ofHypervisor;
in
{
  config = lib.mkMerge [
    (lib.mkIf cfg.enable { assertions = map assertion (ofItself ++ ofHypervisor); })
    # Who builds the runner alone, as the host of a declared guest does, hears the same words and
    # not the runner's, which say nothing of what to change.
    (lib.optionalAttrs isThere {
      microvm.declaredRunner = lib.mkIf (cfg.enable && wrong != [ ]) (
        lib.mkDefault (throw (lib.concatMapStrings (rule: (assertion rule).message + "\n") wrong))
      );
    })
  ];
}
