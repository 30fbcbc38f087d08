# What evaluation must give of one value over another: checks as those of eval.nix, by name.
let
  merge = import ../../nix/lib/merge.nix;
  # As Nix gives the inputs of a flake.
  input = rev: {
    _type = "flake";
    inherit rev;
    inputs.nixpkgs = { };
    outPath = "/nix/store/${rev}";
    packages.x86_64-linux.default = { };
  };
  package = name: {
    inherit name;
    type = "derivation";
    drvAttrs.${name} = 1;
  };
  called = name: {
    __functor = _: _: name;
    ${name} = 1;
  };
  written = name: {
    __toString = _: name;
    ${name} = 1;
  };
  over = below: above: (merge { at.it = below; } { at.it = above; }).at.it;
  names = builtins.attrNames;
in
{
  # Nothing of the one below is left in what is one value, and nothing of a set in a value.
  merge-of-whole-values = {
    got = {
      inputs = over (input "a" // { old = true; }) (input "b");
      packages = names (over (package "a") (package "b")).drvAttrs;
      called = names (over (called "a") (called "b"));
      written = names (over (written "a") (written "b"));
      set-over-input = over (input "a") { en-us = 1; };
      input-over-set = over { en-us = 1; } (input "b");
      package-over-input = names (over (input "a") (package "b"));
      path = over { a = 1; } ./merge.nix == ./merge.nix;
      function = over (_: 1) (_: 2) null;
      list = over [ 1 ] [ 2 ];
      null = over { a = 1; } null;
    };
    want = {
      inputs = input "b";
      packages = [ "b" ];
      called = [
        "__functor"
        "b"
      ];
      written = [
        "__toString"
        "b"
      ];
      set-over-input.en-us = 1;
      input-over-set = input "b";
      package-over-input = names (package "b");
      path = true;
      function = 2;
      list = [ 2 ];
      null = null;
    };
  };

  # Sets are merged at every depth, and a word of a spec's that is called `type` makes none a value.
  merge-of-sets = {
    got = merge {
      firmware.type = "uefi";
      locale.ui = "en-US";
      steps = [ 1 ];
    } {
      firmware.secureBoot = true;
      locale.ui = "de-DE";
      steps = [ 2 ];
    };
    want = {
      firmware = {
        type = "uefi";
        secureBoot = true;
      };
      locale.ui = "de-DE";
      steps = [ 2 ];
    };
  };
}
