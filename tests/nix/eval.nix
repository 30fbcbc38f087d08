# What evaluation gives: { passed = [ name … ]; failed = [ { name, got, want, file of a case } … ]; }.
# Run it with `nix-instantiate --eval --strict --json tests/nix/eval.nix`.
let
  windows = import ./windows.nix { };

  cases = import ./cases.nix;
  minimal = cases.minimal.image;
  beside = import ../product/beside.nix;

  # A derivation's attributes as the builder will read them.
  attributes = drv: drv.drvAttrs;
  iso =
    hash:
    windows.utils.windowsIso {
      name = "win.iso";
      inherit hash;
    };
  withAccel = accel: minimal.override { install.accel = accel; };
  features = drv: (attributes drv).requiredSystemFeatures or [ ];

  # The minimal case with some other tools.
  other =
    tools:
    import ../cases/minimal/case.nix {
      windows = import ./windows.nix { tools = import ./tools.nix // tools; };
    };

  long = length: builtins.concatStringsSep "" (builtins.genList (_: "x") length);

  # Comparisons by name; `got` is forced one by one, so that each failure is told.
  checks = {
    image-derivation = {
      got = {
        inherit (attributes minimal)
          __structuredAttrs
          allowSubstitutes
          args
          name
          outputChecks
          preferLocalBuild
          ;
      };
      want = {
        __structuredAttrs = true;
        allowSubstitutes = false;
        args = [ "image" ];
        name = "win11-image";
        outputChecks.out.allowedReferences = [ ];
        preferLocalBuild = false;
      };
    };
    media-derivation = {
      got = {
        inherit (attributes minimal.media)
          __structuredAttrs
          allowSubstitutes
          args
          name
          outputChecks
          preferLocalBuild
          ;
      };
      want = {
        __structuredAttrs = true;
        allowSubstitutes = false;
        args = [ "media" ];
        name = "win11-media";
        outputChecks.out.allowedReferences = [ ];
        preferLocalBuild = true;
      };
    };
    # All that either derivation holds: another attribute here is another install of everything.
    attribute-names = {
      got = map (drv: builtins.attrNames (attributes drv)) [
        minimal.media
        minimal
      ];
      want = [
        [
          "__structuredAttrs"
          "allowSubstitutes"
          "args"
          "builder"
          "guest"
          "name"
          "outputChecks"
          "preferLocalBuild"
          "spec"
          "system"
        ]
        [
          "__structuredAttrs"
          "allowSubstitutes"
          "args"
          "builder"
          "media"
          "name"
          "outputChecks"
          "preferLocalBuild"
          "requiredSystemFeatures"
          "spec"
          "system"
          "tools"
        ]
      ];
    };
    # src/tools.rs reads these and refuses others.
    tool-names = {
      got = builtins.attrNames (attributes minimal).tools;
      want = [
        "code"
        "guest"
        "qemu"
        "qemuImg"
        "qemuIo"
        "qemuNbd"
        "swtpm"
        "vars"
        "varsMs"
        "wimlib"
      ];
    };
    media-depends-on-no-tool = {
      got = {
        withQemu = (other { qemu = "/another/qemu"; }).media.drvPath == minimal.media.drvPath;
        image = (other { qemu = "/another/qemu"; }).drvPath == minimal.drvPath;
        guest = (attributes (other { guest = "/lucarne-guest.exe"; }).media).guest;
      };
      want = {
        withQemu = true;
        image = false;
        guest = "/lucarne-guest.exe";
      };
    };
    builder-is-lucarne-builder = {
      got = builtins.match ".*-lucarne-builder-[^/]*/bin/lucarne-builder" minimal.builder != null;
      want = true;
    };
    image-takes-the-media = {
      got = (attributes minimal).media == minimal.media.outPath;
      want = true;
    };
    kvm-unless-tcg = {
      got = map features [
        minimal
        (withAccel "kvm")
        (withAccel "auto")
        (withAccel "tcg")
        (withAccel "tcg").debug
        minimal.debug
        minimal.media
      ];
      want = [
        [ "kvm" ]
        [ "kvm" ]
        [ "kvm" ]
        [ ]
        [ ]
        [ "kvm" ]
        [ ]
      ];
    };
    # What Rust will report as a wrong type must not stop evaluation with Nix's words.
    wrong-types-travel = {
      got = (minimal.override { install = "fast"; }).spec.install;
      want = "fast";
    };
    unknown-arguments-travel = {
      got = (minimal.override { editoin = "x"; }).spec.editoin;
      want = "x";
    };
    nulls-are-dropped-at-every-depth = {
      got = (minimal.override {
        edition = null;
        users.a = {
          password = null;
          groups = [
            "Users"
            null
          ];
        };
      }).spec;
      want = builtins.removeAttrs minimal.spec [ "edition" ] // {
        users.a.groups = [
          "Users"
          null
        ];
      };
    };
    debug-is-free-to-refer = {
      got = {
        inherit (attributes minimal.debug) args name;
        checked = attributes minimal.debug ? outputChecks;
      };
      want = {
        args = [
          "image"
          "--debug"
        ];
        name = "win11-debug";
        checked = false;
      };
    };
    sealed-test-takes-the-image = {
      got = {
        inherit (attributes minimal.tests.sealed) args image;
        features = features minimal.tests.sealed;
      };
      want = {
        args = [ "verify" ];
        image = minimal.outPath;
        features = [ ];
      };
    };
    override-with-a-function = {
      got = (minimal.override (old: { name = old.name + "-b"; })).name;
      want = "win11-b-image";
    };
    override-twice = {
      got = ((minimal.override { tpm = false; }).override { computerName = "A"; }).spec;
      want = minimal.spec // {
        tpm = false;
        computerName = "A";
      };
    };
    override-with-nothing-changes-nothing = {
      got = (minimal.override { }).drvPath == minimal.drvPath;
      want = true;
    };
    a-field-changes-media-and-image = {
      got = map (drv: drv == minimal.drvPath || drv == minimal.media.drvPath) [
        (minimal.override { tpm = false; }).drvPath
        (minimal.override { tpm = false; }).media.drvPath
      ];
      want = [
        false
        false
      ];
    };
    meta-is-unfree = {
      got = {
        inherit (minimal.meta) platforms hydraPlatforms;
        inherit (minimal.meta.license) free redistributable;
        mainProgram = minimal.meta ? mainProgram;
      };
      want = {
        platforms = [ "x86_64-linux" ];
        hydraPlatforms = [ ];
        free = false;
        redistributable = false;
        mainProgram = false;
      };
    };
    is-a-package = {
      got = {
        inherit (minimal) type outputName;
      };
      want = {
        type = "derivation";
        outputName = "out";
      };
    };
    iso-is-fixed-output = {
      got =
        let
          value = iso "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        in
        {
          inherit (value) outputHash outputHashMode args;
          place = value.outPath;
        };
      want = {
        outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        outputHashMode = "flat";
        args = [ "require-file" ];
        # Where `nix-store --add-fixed sha256 win.iso` puts an empty file of that name.
        place = "/nix/store/8zm246ggg4sccqi0dxjkm67fnwd9s9lv-win.iso";
      };
    };
    # A ready value is the fixed output of its entry, and says where it is and what else there is.
    known-isos = {
      got =
        let
          value = windows.utils.windowsIsos.windows-server-2025-evaluation-26100-1742;
        in
        {
          inherit (value) name outputHash url;
          inherit (attributes value) allowSubstitutes known;
          same = value.outPath == (windows.utils.windowsIso { inherit (value) name hash; }).outPath;
        };
      want = {
        name = "windows-server-2025-evaluation-26100-1742.iso";
        outputHash = "sha256-0O9FAuNQ48bFPBWxswINOKXe0BG/BJmOlQcgrIV5sj0=";
        url = "https://software-static.download.prss.microsoft.com/dbazure/888969d5-f34g-4e03-ac9d-1f9786c66749/26100.1742.240906-0331.ge_release_svc_refresh_SERVER_EVAL_x64FRE_en-us.iso";
        allowSubstitutes = false;
        known = [
          {
            name = "windows-server-2025-evaluation-26100-32230";
            hash = "sha256-ewUlc7p4lMmSTj6HunMszTVNGMt1qIPvqbkA6hJb/VE=";
          }
        ];
        same = true;
      };
    };
    known-isos-are-all-values = {
      got = map (name: windows.utils.windowsIsos.${name}.outputHashMode) (
        builtins.attrNames windows.utils.windowsIsos
      );
      want = map (_: "flat") (
        builtins.attrNames (builtins.fromJSON (builtins.readFile ../../data/windows-isos.json))
      );
    };
    unknown-iso-has-no-others = {
      got = {
        inherit (iso "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") url known;
      };
      want = {
        url = null;
        known = [ ];
      };
    };
    # The ISO's place does not depend on the builder that asks for it.
    iso-outlives-the-builder = {
      got =
        let
          foreign = import ./windows.nix {
            tools.builder = "/another/builder";
          };
        in
        (import ../cases/minimal/case.nix {
          windows = foreign // {
            inherit (windows) makeBaseImage;
          };
        }).spec.windowsIso;
      want = minimal.spec.windowsIso;
    };
    virtio-win-may-be-absent = {
      got = (minimal.override { virtioWinIso = null; }).spec ? virtioWinIso;
      want = false;
    };
    unfit-names-are-refused = {
      got = map (name: (builtins.tryEval (minimal.override { inherit name; }).drvPath).success) [
        ""
        ".hidden"
        "a b"
        "ümlaut"
        7
        (long 181)
      ];
      want = [
        false
        false
        false
        false
        false
        false
      ];
    };
    fragments-of-the-product-do-not-overlap = {
      got = map (other: (builtins.tryEval (beside { a.b = 1; } other).a.b).success) [
        { a.c = 1; }
        { a.b = 1; }
        { a = 1; }
      ];
      want = [
        true
        false
        false
      ];
    };
    longest-name-is-accepted = {
      got = builtins.isString (minimal.override { name = long 180; }).drvPath;
      want = true;
    };
  }
  // import ./layers.nix
  // import ./matrix.nix { inherit windows; }
  // import ./exports.nix { inherit windows minimal; }
  // import ./catalogue.nix { inherit windows; }
  // import ./seed.nix { inherit windows minimal; }
  // import ./seed-service.nix { inherit windows; }
  // import ./machines.nix { inherit windows; }
  // import ./hosts.nix { inherit windows; }
  // import ./guests.nix
  // import ./docs.nix { lib = import ./nixpkgs/lib.nix; }
  // import ./network.nix
  // builtins.listToAttrs (
    map (name: {
      name = "case-${name}";
      value = { inherit (cases.${name}) got want file; };
    }) (builtins.attrNames cases)
  );

  judged = map (name: checks.${name} // { inherit name; }) (builtins.attrNames checks);
  same = check: check.got == check.want;
in
{
  passed = map (check: check.name) (builtins.filter same judged);
  failed = builtins.filter (check: !same check) judged;
}
