# Every folder of tests/cases with a case.nix, and every combination of tests/product: the image
# that it makes, the spec that evaluation gives with store paths made equal everywhere, and the
# spec.json that Rust must accept.
let
  windows = import ./windows.nix { };
  tests = ./..;

  hasCase = folder: builtins.pathExists (tests + "/${folder}/case.nix");
  cases = builtins.filter (name: hasCase "cases/${name}") (
    builtins.attrNames (builtins.readDir ../cases)
  );

  inherit (import ../product/fragments.nix) releases layouts groups;
  inherit (builtins) attrNames concatMap;
  combinations = concatMap (
    release:
    concatMap (layout: map (group: "${release}/${layout}/${group}") (attrNames groups)) (
      attrNames layouts
    )
  ) (attrNames releases);

  normal = import ./normal.nix;

  make =
    name: folder:
    let
      path = tests + "/${folder}";
      # A new combination has no folder yet.
      case = if hasCase folder then import (path + "/case.nix") else import ../product path;
      image = case { inherit windows; };
      spec = path + "/spec.json";
    in
    {
      inherit name;
      value = {
        inherit image;
        got = normal image.spec;
        want = if builtins.pathExists spec then builtins.fromJSON (builtins.readFile spec) else null;
        # Where what is wanted stands.
        file = "tests/${folder}/spec.json";
      };
    };
in
builtins.listToAttrs (
  map (name: make name "cases/${name}") cases
  ++ map (name: make "product/${name}" "product/cases/${name}") combinations
)
