# lucarne.machine/1 -> the machine as a derivation: `lucarne` checks it against the image's manifest
# when it is built, and writes `machine.json`, the table of tools, and what microvm.nix's host runs.
{ system, tools }:
let
  dropNulls = import ../drop-nulls.nix;
  imagePlace = import ../image-place.nix { isBuilt = false; };
  refuse = import ../refuse.nix "makeMachine";
  unit = import ./unit.nix;

  lucarne =
    tools.lucarne or (throw "lucarne: `tools` names no `lucarne`, the program that runs machines");

  # What a machine may run; src/tools.rs refuses other names.
  paths = dropNulls (
    builtins.removeAttrs tools [
      "builder"
      "guest"
      "lucarne"
      "virtioWinIso"
    ]
  );
in
args:
let
  place =
    if args ? image then
      imagePlace args.image
    else
      {
        problem = {
          what = "is missing";
          hint = "name the image that the machine runs";
        };
      };
  problems = if place.problem == null then [ ] else [ (place.problem // { at = "image"; }) ];

  machine = dropNulls (
    args
    // {
      schema = "lucarne.machine/1";
      # Its folder. A derivation is its output, and a text a folder that the build does not see.
      image = if problems == [ ] then place.folder else null;
    }
  );
  checked = derivation {
    # Told where the machine is built: a host's assertions have told it at its option by then.
    name = refuse problems "lucarne-machine-${machine.name}";
    inherit system machine;
    builder = lucarne;
    args = [ "build-machine" ];
    __structuredAttrs = true;
    # It takes a moment, and the image is here.
    preferLocalBuild = true;
    allowSubstitutes = false;
    tools = paths;
    inherit lucarne;
    # Else it is a folder that the build does not see.
    imageIsHere = builtins.hasContext machine.image;
  };

  # What microvm.nix's host reads of a runner beside its files.
  microvm = {
    supportsNotifySocket = true;
    registerWithMachined = false;
    canShutdown = true;
    tapMultiQueue = false;
    hypervisor = "qemu";
    machineId = null;
  };
  runner = checked // microvm // {
    inherit machine;
    # Some read them there, as nixpkgs' derivations have them.
    passthru = microvm;

    # Its service, a value of `systemd.services`.
    service =
      given:
      unit (
        {
          inherit lucarne machine;
          file = "${checked}/machine.json";
          tools = "${checked}/tools.json";
        }
        // given
      );

    # A value of `microvm.vms.<name>.evaluatedConfig`.
    asMicrovm.config = {
      microvm = {
        declaredRunner = runner;
        # virtiofsd is the helper's own child.
        shares = [ ];
      };
      system.build.toplevel = runner;
    };
  };
in
runner
