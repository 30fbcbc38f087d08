# What is told of wrong arguments of windows.matrix, as messages.nix has it.
{ refused, windows }:
let
  iso = windows.utils.windowsIso {
    name = "win.iso";
    hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  };
  right = {
    releases."11".windowsIso = iso;
    editions.pro = "Windows 11 Pro";
    languages = [ "en-US" ];
  };
  wrong =
    says: changes:
    refused ("lucarne: matrix: " + says) (builtins.attrNames (windows.matrix (right // changes)));
in
{
  # Everything that the arguments as they are can be told of, at once.
  matrix-of-wrong-arguments =
    wrong
      ''
        12 problems
          common: is no set of an image's arguments
            hint: write { … }
          editions: is empty
            hint: name at least one, or leave it out
          exclude[0].edition: `proo` is none of the editions
            hint: there are none
          exclude[1]: `langauge` is no axis
            hint: did you mean `language`?
          exclude[2]: names no axis
            hint: write { release = "NAME"; … } of release, edition, language, layer
          exclude[3].release: has what is no name
            hint: there are 11 25h2, a"b
          exclude[4].release: is empty
            hint: name at least one, or leave it out
          languages: has what is no language
            hint: write each as a text, such as "en-US"
          layesr: no such argument
            hint: did you mean `layers`?
          releases."11 25h2": cannot be a part of an image's name
            hint: letters, digits and `+-_` make one, so that `nix build .#NAME` finds it
          releases."a\"b": cannot be a part of an image's name
            hint: letters, digits and `+-_` make one, so that `nix build .#NAME` finds it
          timeZone: no such argument
            hint: what all images have goes into `common`; there are releases, editions, languages, layers, common, exclude
      ''
      {
        releases = {
          "11 25h2" = iso;
          "a\"b" = iso;
        };
        editions = { };
        languages = [ 7 ];
        layesr = { };
        timeZone = "UTC";
        common = [ ];
        exclude = [
          { edition = "proo"; }
          { langauge = "en-us"; }
          { }
          { release = null; }
          { release = [ ]; }
        ];
      };

  matrix-of-what-is-no-set =
    wrong
      ''
        2 problems
          editions.pro: is no set of an image's arguments
            hint: write { … }
          layers.a: is no { steps, … }
            hint: write { steps = [ … ]; }
      ''
      {
        editions.pro = 7;
        layers.a = [ ];
      };

  # Everything of what they make, once for all images that have it.
  matrix-of-wrong-images =
    wrong
      ''
        6 problems
          editions.pro.name: is made of the names of the axes
            hint: name the value itself otherwise
          layers.a.on: leads to no lowest layer
            hint: leave `on` out of the one on the image itself
          layers.b.on: leads to no lowest layer
            hint: leave `on` out of the one on the image itself
          layers.c.on: `aa` is none of the layers
            hint: did you mean `a`?
          layers.d.steps: is not given
            hint: write what is to be done
          layers.e.name: is made of the names of the axes
            hint: name the layer itself otherwise
      ''
      {
        editions.pro.name = "mine";
        layers = {
          a = {
            on = "b";
            steps = [ ];
          };
          b = {
            on = "a";
            steps = [ ];
          };
          c = {
            on = "aa";
            steps = [ ];
          };
          d = { };
          e = {
            name = "mine";
            steps = [ ];
          };
        };
      };

  matrix-without-isos =
    wrong
      ''
        3 problems
          releases."10".windowsIso: is not given
            hint: give an ISO, or one for each language: { en-us = …; }
          releases."11".windowsIso.en-us: is not given
            hint: give the ISO, or leave the images out: exclude = [ { release = "11"; language = "en-us"; } ]
          releases."11".windowsIso: `en-su` is none of the languages
            hint: did you mean `en-us`?
      ''
      {
        releases = {
          "10" = { };
          "11".windowsIso.en-su = iso;
        };
      };

  # Where it is said.
  matrix-of-isos-for-all =
    wrong
      ''
        2 problems
          common.windowsIso.de-de: is not given
            hint: give the ISO, or leave the images out: exclude = [ { release = "11"; language = "de-de"; } ]
          common.windowsIso: `en-GB` is none of the languages
            hint: there are de-de, en-us
      ''
      {
        releases."11" = { };
        languages = [
          "en-US"
          "de-DE"
        ];
        common.windowsIso = {
          en-us = iso;
          en-GB = iso;
        };
      };

  matrix-of-packages =
    wrong
      ''
        2 problems
          editions.pro: is no set of an image's arguments
            hint: write { … }
          layers.a: is no { steps, … }
            hint: write { steps = [ … ]; }
      ''
      {
        editions.pro = iso;
        layers.a = iso;
      };

  matrix-of-a-language-twice =
    wrong
      ''
        1 problem
          languages: has `en-us` more than once
            hint: write it once
      ''
      {
        languages = [
          "en-US"
          "de-DE"
          "en-us"
        ];
      };

  matrix-of-long-names =
    let
      long = builtins.concatStringsSep "" (builtins.genList (_: "x") 172);
    in
    wrong
      "1 problem releases: `11-${long}-en-us` has 181 bytes, more than 180 hint: shorten one of its parts"
      {
        editions.${long} = "Windows 11 Pro";
      };

  matrix-of-no-set =
    refused "lucarne: matrix: 1 problem its argument: is no set hint: it has releases, editions,"
      (windows.matrix [ ]);

  matrix-of-two-with-one-name =
    wrong
      ''
        1 problem
          releases: `11-pro-n-en-us` is the name of two images: of release `11`, edition `pro-n`, language `en-us`, and of release `11-pro`, edition `n`, language `en-us`
            hint: rename one of their parts
      ''
      {
        releases = {
          "11" = iso;
          "11-pro" = iso;
        };
        editions = {
          n = "Windows 11 Pro N";
          pro-n = "Windows 11 Pro N";
        };
      };

  matrix-of-nothing = wrong "1 problem exclude: leaves nothing hint: leave fewer out" {
    exclude = [ { release = "11"; } ];
  };

  matrix-without-releases = refused "releases: is not given" (
    builtins.attrNames (windows.matrix { })
  );
}
