# What evaluation must give of windows.matrix: checks as those of eval.nix, by name.
{ windows }:
let
  inherit (builtins)
    attrNames
    attrValues
    groupBy
    length
    mapAttrs
    ;
  iso =
    name:
    windows.utils.windowsIso {
      name = "${name}.iso";
      hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    };
  step = path: { directory.path = path; };

  # Each kind of value that an axis takes.
  arguments = {
    releases = {
      "11-25h2" = {
        windowsIso = mapAttrs (_: iso) {
          en-us = "win11-en";
          de-de = "win11-de";
        };
        steps = [ (step ''C:\release'') ];
      };
      "10-22h2" = iso "win10";
    };
    editions = {
      pro =
        { release, ... }:
        {
          edition = if release == "10-22h2" then "Windows 10 Pro" else "Windows 11 Pro";
        };
      home = _: "Windows 11 Home";
    };
    languages = [
      "en-US"
      "de-DE"
    ];
    layers = {
      tools.steps = [ (step ''C:\tools'') ];
      office =
        { language, ... }:
        {
          on = "tools";
          steps = [ (step "C:\\office-${language}") ];
        };
    };
    common = {
      timeZone = "UTC";
      steps = [ (step ''C:\common'') ];
      machine.cores = 2;
    };
    exclude = [
      {
        release = "10-22h2";
        edition = "home";
      }
      {
        language = "de-de";
        layer = [
          "tools"
          "office"
        ];
      }
    ];
  };
  images = windows.matrix arguments;
  of = changes: windows.matrix (arguments // changes);
  releases = [
    "one"
    "two"
    "three"
    "four"
    "five"
  ];
  hundred = windows.matrix {
    releases = builtins.listToAttrs (
      map (name: {
        inherit name;
        value = iso name;
      }) releases
    );
    editions.pro = "Windows 11 Pro";
    languages = [
      "en-US"
      "de-DE"
      "fr-FR"
      "it-IT"
    ];
    layers = builtins.listToAttrs (
      builtins.genList (n: {
        name = "layer-${toString n}";
        value.steps = [ (step "C:\\${toString n}") ];
      }) 4
    );
  };
  pathsOf = f: set: length (attrNames (groupBy (image: f image) (attrValues set)));
  pathOf = drv: builtins.unsafeDiscardStringContext drv.drvPath;
in
import ./merge.nix
// {
  matrix-names = {
    got = attrNames images;
    want = [
      "10-22h2-pro-de-de"
      "10-22h2-pro-en-us"
      "10-22h2-pro-en-us-office"
      "10-22h2-pro-en-us-tools"
      "11-25h2-home-de-de"
      "11-25h2-home-en-us"
      "11-25h2-home-en-us-office"
      "11-25h2-home-en-us-tools"
      "11-25h2-pro-de-de"
      "11-25h2-pro-en-us"
      "11-25h2-pro-en-us-office"
      "11-25h2-pro-en-us-tools"
    ];
  };

  # The images are those that people would have written down one by one.
  matrix-is-what-makeBaseImage-gives = {
    got = [
      images."11-25h2-pro-de-de".drvPath
      images."10-22h2-pro-en-us-office".drvPath
    ];
    want =
      let
        one = windows.makeBaseImage {
          name = "11-25h2-pro-de-de";
          windowsIso = iso "win11-de";
          edition = "Windows 11 Pro";
          locale.ui = "de-DE";
          timeZone = "UTC";
          machine.cores = 2;
          steps = [
            (step ''C:\common'')
            (step ''C:\release'')
          ];
        };
        other = windows.makeBaseImage {
          name = "10-22h2-pro-en-us";
          windowsIso = iso "win10";
          edition = "Windows 10 Pro";
          locale.ui = "en-US";
          timeZone = "UTC";
          machine.cores = 2;
          steps = [ (step ''C:\common'') ];
        };
        tools = other.addLayer {
          name = "10-22h2-pro-en-us-tools";
          steps = [ (step ''C:\tools'') ];
        };
        office = tools.addLayer {
          name = "10-22h2-pro-en-us-office";
          steps = [ (step ''C:\office-en-us'') ];
        };
      in
      [
        one.drvPath
        office.drvPath
      ];
  };

  # Two layers on one image lie on one derivation, and so does what lies on another layer.
  matrix-shares-bases = {
    got = [
      images."11-25h2-pro-en-us-tools".base.drvPath
      images."11-25h2-pro-en-us-office".base.drvPath
      images."11-25h2-pro-en-us-office".base.base.drvPath
    ];
    want = [
      images."11-25h2-pro-en-us".drvPath
      images."11-25h2-pro-en-us-tools".drvPath
      images."11-25h2-pro-en-us".drvPath
    ];
  };

  # 5 releases in 4 languages, each by itself and with four layers.
  matrix-of-a-hundred = {
    got = {
      images = pathsOf pathOf hundred;
      bases = pathsOf (image: pathOf (image.base or image)) hundred;
    };
    want = {
      images = 100;
      bases = 20;
    };
  };

  # One image changed: no other does.
  matrix-changes-what-was-changed = {
    got =
      let
        changed = of {
          releases = arguments.releases // {
            "10-22h2" = {
              windowsIso = iso "win10";
              disk.sizeMib = 131072;
            };
          };
        };
        isOther = name: changed.${name}.drvPath != images.${name}.drvPath;
      in
      builtins.filter isOther (attrNames images);
    want = [
      "10-22h2-pro-de-de"
      "10-22h2-pro-en-us"
      "10-22h2-pro-en-us-office"
      "10-22h2-pro-en-us-tools"
    ];
  };

  # A flake's input is an ISO, and one that another place gives takes its place whole.
  matrix-of-a-flakes-inputs = {
    got =
      let
        input = name: {
          _type = "flake";
          inherit (iso name) outPath;
          inputs.nixpkgs = { };
        };
      in
      mapAttrs (_: image: image.spec.windowsIso) (
        windows.matrix {
          releases = {
            a = input "a";
            b.windowsIso = input "b";
            c.windowsIso = mapAttrs (_: input) { en-us = "c"; };
            d = { };
          };
          languages = [ "en-US" ];
          common.windowsIso = input "d";
        }
      );
    want = mapAttrs (_: name: (iso name).outPath) {
      a-en-us = "a";
      b-en-us = "b";
      c-en-us = "c";
      d-en-us = "d";
    };
  };

  # What all images have may hang on their names, and what a library made of a function is one.
  matrix-of-functions = {
    got =
      let
        called = of {
          common = { release, ... }: arguments.common // { tpm = release != "10-22h2"; };
        };
        functor = of {
          layers = arguments.layers // {
            tools.__functor = _: _: arguments.layers.tools;
          };
        };
        tools = "11-25h2-pro-en-us-tools";
      in
      {
        tpm = map (name: called.${name}.spec.tpm) [
          "10-22h2-pro-en-us"
          "11-25h2-pro-en-us"
        ];
        functor = functor.${tools}.drvPath == images.${tools}.drvPath;
      };
    want = {
      tpm = [
        false
        true
      ];
      functor = true;
    };
  };

  # An axis that is not there is in no name, and an excluded base is still below its layers.
  matrix-of-releases-alone = {
    got = mapAttrs (_: image: image.depth or 0) (
      windows.matrix {
        releases.server = {
          windowsIso = iso "server";
          edition = "Windows Server 2025 Standard";
        };
        layers.dns.steps = [ ];
        layers.web = {
          on = "dns";
          steps = [ ];
        };
        exclude = [
          {
            layer = [
              "dns"
              null
            ];
          }
        ];
      }
    );
    want.server-web = 2;
  };
}
