# Expressions whose words matter: { name = { expression, fails, says }; }. The runner forces each
# with `nix-instantiate --eval --strict -A NAME.expression` and looks for `says` in the errors,
# whatever the breaks of lines.
let
  windows = import ./windows.nix { };
  arm = import ./nixpkgs { system = "aarch64-linux"; };
  minimal = (import ./cases.nix).minimal.image;

  refused = says: expression: {
    inherit expression says;
    fails = true;
  };

  # What Rust says of the same names is compared by tests/it/names.rs.
  names = builtins.filter (case: case.what != null) (
    builtins.fromJSON (builtins.readFile ./names.json)
  );
  ofName =
    index:
    let
      case = builtins.elemAt names index;
    in
    {
      name = "name-${toString index}";
      value = refused "lucarne: makeBaseImage: name: ${case.what}" (
        minimal.override { inherit (case) name; }
      ).drvPath;
    };
in
builtins.listToAttrs (builtins.genList ofName (builtins.length names))
// import ./matrix-messages.nix { inherit refused windows; }
// import ./image-messages.nix { inherit minimal refused windows; }
// import ./page-messages.nix { inherit minimal refused windows; }
// import ./service-messages.nix {
  inherit refused windows;
  image = minimal;
}
// {
  layers-that-are-no-list =
    refused "lucarne: makeBaseImage: layers: is not a list of { name, steps, … }"
      (minimal.override { layers = { }; }).drvPath;

  too-many-layers =
    let
      layer = n: {
        name = "l${toString n}";
        steps = [ ];
      };
    in
    refused "lucarne: addLayer: `l32` would lie on 33 images, and no more than 32 may lie below"
      (minimal.override { layers = builtins.genList layer 33; }).drvPath;

  layer-on-a-generalised-image =
    refused "lucarne: addLayer: `more` cannot lie on `minimal`, which is generalised"
      (
        (minimal.override {
          name = "minimal";
          generalize = true;
        }).addLayer
          {
            name = "more";
            steps = [ ];
          }
      ).drvPath;

  command-on-a-generalised-image =
    refused "lucarne: runInWindows: `run` cannot lie on `minimal`, which is generalised"
      (
        (minimal.override {
          name = "minimal";
          generalize = true;
        }).run
          { script = "ver"; }
      ).drvPath;

  way-out-of-a-generalised-image =
    refused "hint: add these steps to the image's own `steps`, or leave `generalize` out"
      (
        (minimal.override { generalize = true; }).addLayer {
          name = "more";
          steps = [ ];
        }
      ).drvPath;

  name-of-a-layer =
    refused "lucarne: addLayer: name: `a b` has characters that no store path can have"
      (minimal.addLayer {
        name = "a b";
        steps = [ ];
      }).drvPath;

  another-system =
    refused "lucarne: images build on x86_64-linux only, and this package set is for aarch64-linux"
      (import ./windows.nix { pkgs = arm; }).makeBaseImage;

  name-of-an-iso =
    refused "lucarne: utils.windowsIso: name: `Win 11.iso` has characters that no store path can have"
      (windows.utils.windowsIso {
        name = "Win 11.iso";
        hash = "";
      }).drvPath;

  hash-of-an-iso =
    refused "lucarne: utils.windowsIso: `hash` must be what `nix hash file FILE` prints"
      (windows.utils.windowsIso {
        name = "win.iso";
        hash = "sha256:abc";
      }).drvPath;

  string-as-iso =
    refused "lucarne: windowsIso: the build sandbox does not see `/etc/iso/win11.iso`"
      (minimal.override { windowsIso = "/etc/iso/win11.iso"; }).drvPath;

  no-iso =
    refused "called without required argument 'windowsIso'"
      (windows.makeBaseImage { name = "a"; }).drvPath;

  no-virtio-win =
    refused "lucarne: `tools` names no `virtioWinIso`"
      (import ./windows.nix { tools.builder = "/b"; }).utils.virtioWinIso;

  size-of-a-disk =
    refused "lucarne: makeBaseImage: diskImageSize: is no size such as \"80G\" hint: write a number"
      (minimal.override { diskImageSize = "80 GB"; }).drvPath;

  program-of-machines =
    refused "lucarne: `tools` names no `lucarne`, the program that runs machines"
      (
        (import ./windows.nix { tools.builder = "/b"; }).makeMachine {
          name = "a";
          image = "/i";
        }
      ).drvPath;

  program-of-exports =
    refused "lucarne: `tools` names no `lucarne`, the program that makes exports"
      ((import ./windows.nix { tools.builder = "/b"; }).export.raw minimal { }).drvPath;

  export-of-a-bus-that-the-engine-lacks =
    refused "lucarne: export.lima: disk.bus: the Windows of `win11` starts from `sata`, and `lima` has no"
      (windows.export.lima (
        (minimal.override {
          disk.bus = "sata";
          virtioWinIso = null;
        }).addLayer
          {
            name = "more";
            steps = [ ];
          }
      ) { }).drvPath;

  number-of-cores =
    refused "lucarne: makeBaseImage: qemuOptions.cores: is no number such as \"4\""
      (minimal.override { qemuOptions.cores = "four"; }).drvPath;

  address =
    refused "lucarne: custom.network.withStaticIp: `mask` is no address of IPv4, such as 192.0.2.1"
      (builtins.toJSON (
        windows.custom.network.withStaticIp {
          ip = "192.0.2.1";
          mask = "24";
          gateway = "192.0.2.2";
          dns = "192.0.2.3";
        }
      ));

  empty-key =
    refused "lucarne: custom.network.withSshServer: `keys` has an empty one"
      (builtins.toJSON (windows.custom.network.withSshServer { keys = [ " " ]; }));

  key-of-another-kind =
    refused "lucarne: custom.network.withSshServer: `keys` has something that is neither a text nor a"
      (builtins.toJSON (windows.custom.network.withSshServer { keys = [ { } ]; }));

  attribute-of-a-share =
    refused "custom.network.withSmbServer: shares.P: no such argument: `grant`, did you mean `grants`?"
      (builtins.toJSON (
        windows.custom.network.withSmbServer {
          shares.P = {
            path = "D:/P";
            grant.ada = "Full";
          };
        }
      ));

  attribute-of-a-font =
    refused "custom.desktop.withFonts: no such argument: `sorce`, did you mean `source`?"
      (builtins.toJSON (
        windows.custom.desktop.withFonts [
          {
            name = "a";
            file = "a.ttf";
            sorce = ./messages.nix;
          }
        ]
      ));

  attribute-of-a-file =
    refused "makeBaseImage: additionalFiles[0]: no such argument: `pathh`, did you mean `path`?"
      (minimal.override {
        additionalFiles = [
          {
            name = "a";
            path = ./messages.nix;
            pathh = 1;
          }
        ];
      }).drvPath;

  path-as-file =
    refused "lucarne: makeBaseImage: additionalFiles[1]: is no { name, path }"
      (minimal.override {
        additionalFiles = [
          {
            name = "a";
            path = ./messages.nix;
          }
          ./messages.nix
        ];
      }).drvPath;

  file-of-a-layer =
    refused "lucarne: addLayer: files[0]: is no { name, path }"
      (minimal.addLayer {
        name = "more";
        steps = [ ];
        files = [ ./messages.nix ];
      }).drvPath;

  function-as-step =
    refused "lucarne: makeBaseImage: steps[1][0]: is a function, not a step hint: give it what it takes"
      (minimal.override {
        steps = [
          null
          [ windows.custom.software._7zip.install ]
        ];
      }).drvPath;

  program-as-step =
    refused "lucarne: addLayer: steps[0]: is a program, not a step hint: its `install` gives the steps"
      (minimal.addLayer {
        name = "more";
        steps = [ windows.custom.software._7zip ];
      }).drvPath;

  program-without-a-file-as-step =
    refused "lucarne: custom.compile[0]: is a program, not a step hint: its `install` gives the steps"
      (builtins.toJSON (windows.custom.compile [ windows.custom.software.guestAgent ]));

  function-in-a-script =
    refused "lucarne: makeBaseImage: preLoginScript[0]: is a function, not a step"
      (minimal.override { preLoginScript = [ windows.custom.desktop.withStartMenu ]; }).drvPath;

  list-of-accounts =
    refused "makeBaseImage: unattendedParams.users: is no set of passwords by the names of accounts"
      (minimal.override { unattendedParams.users = [ "ada" ]; }).drvPath;

  administrator-in-both-spellings =
    refused "makeBaseImage: unattendedParams.administators: has `ada`, as `administrators` has"
      (minimal.override {
        unattendedParams = {
          administators.ada = "0";
          administrators.ada = "1";
        };
      }).drvPath;

  administrator-who-is-a-user =
    refused "makeBaseImage: unattendedParams.users: has `ada`, as `administrators` has"
      (minimal.override {
        unattendedParams = {
          users.ada = "0";
          administrators.ada = "1";
        };
      }).drvPath;

  address-of-a-kms-host =
    refused "lucarne: custom.system.withKmsActivation: `kmsServer` has several colons"
      (builtins.toJSON (windows.custom.system.withKmsActivation { kmsServer = "2001:db8::1"; }));

  no-keys = {
    expression = builtins.toJSON (windows.custom.network.withSshServer { keys = [ ]; });
    fails = false;
    says = "custom.network.withSshServer: `keys` is empty: only a password lets anybody in";
  };

  empty-command =
    refused "lucarne: runInWindows: script: says nothing to do"
      (minimal.run { script = ""; }).drvPath;

  empty-commands =
    refused "lucarne: runInWindows: script: says nothing to do"
      (minimal.run {
        script = [
          ""
          [ "" ]
        ];
      }).drvPath;

  command-of-no-steps =
    refused "hint: it is a text for cmd, a step, or a list of both"
      (minimal.run { script = [ [ null ] ]; }).drvPath;

  steps-of-a-command =
    refused "lucarne: runInWindows: steps: what is done is `script`"
      (minimal.run {
        script = "ver";
        steps = [ ];
      }).drvPath;

  virtio-win-of-a-command =
    refused "lucarne: virtioWinIso: the build sandbox does not see `/etc/iso/virtio-win.iso`"
      (minimal.run {
        script = "ver";
        virtioWinIso = "/etc/iso/virtio-win.iso";
      }).drvPath;

  app-to-keep =
    refused "lucarne: custom.debloat.withoutBloatApps: `keep` names Microsoft.Paint, which is not removed"
      (builtins.toJSON (windows.custom.debloat.withoutBloatApps { keep = [ "Microsoft.Paint" ]; }));

  administators = {
    expression = (minimal.override { unattendedParams.administators.ada = "0"; }).drvPath;
    fails = false;
    says = "makeBaseImage: unattendedParams.administators is spelt `administrators`; it is taken";
  };

  path-as-iso = {
    expression = (minimal.override { windowsIso = ./messages.nix; }).drvPath;
    fails = false;
    says = "messages.nix is a plain path: each evaluation reads it whole and copies it";
  };
}
